import { pageOf, PolicyLintAnswer, PolicyReplayAnswer, PolicyView } from '@writ/contracts'
import type { z } from 'zod'
import type { ApiAccess } from '../../api.ts'
import { callApi } from '../../api.ts'
import { Failure } from '../../failure.ts'
import type { PolicyFile } from './policy-file.ts'

/** @param replaces name or id of the tenant's policy that the draft would take the place of */
export type Draft = Pick<PolicyFile, 'document' | 'cedar'> & { readonly replaces: string | undefined }

/** Lint with the tenant's own tools, access groups and other policies. */
export const lintAtTenant = async (
  access: ApiAccess,
  draft: Draft,
): Promise<z.infer<typeof PolicyLintAnswer>> =>
  callApi(access, 'policies/lint', PolicyLintAnswer, await bodyOf(access, draft))

/** A draft against the newest messages that the tenant's gateways recorded. */
export const replayAtTenant = async (
  access: ApiAccess,
  draft: Draft,
  which: Which,
): Promise<z.infer<typeof PolicyReplayAnswer>> =>
  callApi(access, 'policies/replay', PolicyReplayAnswer, { ...(await bodyOf(access, draft)), ...which })

/** The newest `records` of a window. */
export type Which = {
  readonly records: number
  readonly from: string | undefined
  readonly until: string | undefined
}

/** Cedar goes as it is written: the control plane has a validator for it, and answers with its lines. */
async function bodyOf(access: ApiAccess, { document, cedar, replaces }: Draft): Promise<object> {
  const source = cedar === null ? { document } : { cedar: cedar.text }
  return replaces === undefined ? source : { ...source, policy: await policyNamed(access, replaces) }
}

/** @throws Failure */
async function policyNamed(access: ApiAccess, wanted: string): Promise<string> {
  let after = ''
  do {
    const page = await callApi(access, `policies?limit=500&after=${after}`, pageOf(PolicyView))
    const found = page.items.find(({ id, name }) => id === wanted || name === wanted)
    if (found !== undefined) return found.id
    after = page.next ?? ''
  } while (after !== '')
  throw new Failure(
    `there is no policy ${wanted}`,
    'Name one of the tenant, by name or id; see GET /api/v1/policies.',
  )
}
