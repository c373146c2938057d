import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { isBundleFault, openBundle, sealBundle } from '@writ/bundle'
import { formatId, HOOKS_BY_DEFAULT } from '@writ/contracts'
import type { Bundle, BundleHooks, BundlePolicy, PolicyDocument } from '@writ/contracts'
import type { CurrentBundle } from '@writ/enforcement'
import { currentBundleOf } from '@writ/enforcement'
import type { NodeKeys } from '@writ/point'
import { isUnfit, problemLines, readPolicyFile } from '../../commands/policy/policy-file.ts'
import { Failure } from '../../failure.ts'
import type { LocalSource } from '../daemon.ts'
import type { LocalState } from './local-state.ts'

/** The slug of the tenant that a machine is to itself. */
export const LOCAL_TENANT = 'local'

/** What a local bundle is made of. */
export type Ingredients = {
  readonly documents: readonly { readonly file: string; readonly document: PolicyDocument }[]
  readonly hooks: BundleHooks
  readonly agentName: string
  readonly humanName: string
}

/** @throws Failure where a file is no policy */
export async function ingredientsOf(source: LocalSource, humanName: string): Promise<Ingredients> {
  const read = await Promise.all(source.policies.map(readPolicyFile))
  const unfit = read.find(isUnfit)
  if (unfit) throw new Failure(problemLines(unfit).join('\n'), 'Correct the policy: writ policy lint <file>')
  const documents = read.flatMap((one) => (isUnfit(one) ? [] : [{ file: one.file, document: one.document }]))
  const { mode = 'enforce', unknown = HOOKS_BY_DEFAULT.unknown, agent = 'local' } = source
  return { documents, hooks: { ...HOOKS_BY_DEFAULT, mode, unknown }, agentName: agent, humanName }
}

/** Over everything that decides, hex. */
export const hashOfIngredients = (ingredients: Ingredients): string =>
  createHash('sha256').update(JSON.stringify(ingredients)).digest('hex')

/** A bundle of this machine, sealed with its own key and opened like any other. @throws Failure where it is too large */
export async function makeLocalBundle(
  ingredients: Ingredients,
  state: LocalState,
  keys: NodeKeys,
): Promise<CurrentBundle> {
  const signer = { kid: state.node, privateKey: keys.nodeKey }
  const jws = await sealBundle(bundleOf(ingredients, state, keys), signer).catch((error: unknown) => {
    throw error instanceof RangeError ? new Failure(error.message, 'Give fewer or shorter policies.') : error
  })
  const floor = { tenant: LOCAL_TENANT, version: state.version, sha256: null }
  const opened = await openBundle(jws, [{ kid: state.node, publicKey: keys.publicKey }], floor)
  if (isBundleFault(opened)) throw new Error(`the local bundle does not open: ${opened.reason}`)
  return currentBundleOf(opened.bundle, opened.sha256, () => true)
}

function bundleOf(ingredients: Ingredients, state: LocalState, keys: NodeKeys): Bundle {
  const { group, agent, human, tenant, version } = state
  return {
    format: 'writ.bundle.v1',
    tenant: {
      id: tenant,
      slug: LOCAL_TENANT,
      epoch: 0,
      suspended: false,
      bodyDigestRequired: false,
      nonceRequired: false,
      requestsPerSecond: 1000,
      recordsFull: false,
    },
    version,
    issuedAt: new Date().toISOString(),
    // Nobody gives tokens here. The form wants a key of an authority; this one has given none.
    issuer: 'http://127.0.0.1/t/local/oauth',
    issuerKeys: [{ kid: state.node, key: keys.leasePublicJwk }],
    defaultGroup: group,
    groups: [
      {
        id: group,
        name: 'default',
        default: 'allow',
        oversize: 'deny',
        approvers: 'admins',
        suspended: false,
      },
    ],
    agents: [{ id: agent, name: ingredients.agentName, groups: [group], epoch: 0 }],
    humans: [{ id: human, name: ingredients.humanName, groups: [], epoch: 0 }],
    revokedSessions: [],
    revokedTokens: [],
    connections: [],
    policies: ingredients.documents.map((one) => policyOf(one, state)),
    overrides: [],
    hooks: ingredients.hooks,
  }
}

/** The same file is the same policy, whatever stands in it. */
function policyOf(
  { file, document }: Ingredients['documents'][number],
  { group, version }: LocalState,
): BundlePolicy {
  const random = createHash('sha256').update(file).digest().subarray(0, 10)
  return {
    id: formatId('pol', 0, random),
    name: document.title ?? basename(file),
    version,
    groups: [group],
    document,
  }
}
