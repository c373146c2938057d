import { isIP } from 'node:net'
import { kindOfAddress } from './address.ts'
import type { DecideEgress, EgressAnswer } from './egress-ask.ts'
import type { HostRule, Target } from './host.ts'
import { ruleFor } from './host.ts'

/** The name under which the sandbox means this machine: listed with a port it is the loopback outside. */
export const OUTSIDE = 'outside.writ'

/** Addresses of a name, in the order of preference. Throws when there is none. */
export type LookUp = (host: string) => Promise<readonly string[]>

export type AdmissionSettings = {
  readonly rules: readonly HostRule[]
  /** false: what is not listed is policy's alone to decide */
  readonly onlyListed: boolean | Promise<boolean>
  readonly decide: DecideEgress
  readonly lookUp: LookUp
  /** told of every connection and request that was decided */
  readonly seen: (seen: SeenEgress) => void
}

export type Wanted = Target & { readonly verb: string | null; readonly path: string | null }

/** One line of what a sandbox did on the network. */
export type SeenEgress = Wanted & {
  readonly outcome: EgressAnswer['outcome']
  readonly reason: string
  readonly decisionId: string
}

/** `address` is the one that was judged: nothing looks the name up again. */
export type Admitted =
  | { readonly isAllowed: true; readonly address: string }
  | { readonly isAllowed: false; readonly reason: string; readonly decisionId: string }

/**
 * Decides one connection or request: first what no policy can allow (not listed, an address of this machine or its networks), then policy;
 * both are recorded by `decide`. @param refusal what the caller found already
 */
export async function admit(
  wanted: Wanted,
  settings: AdmissionSettings,
  refusal: string | null = null,
): Promise<Admitted> {
  const rule = ruleFor(wanted, settings.rules)
  const found = refusal === null ? await addressesOf(wanted, rule, settings) : { refusal, addresses: [] }
  const answer = await answerOf(wanted, found, settings)
  settings.seen({ ...wanted, ...answer })
  const [address] = found.addresses
  if (answer.outcome === 'allow' && found.refusal === null && address !== undefined)
    return { isAllowed: true, address }
  return { isAllowed: false, reason: answer.reason, decisionId: answer.decisionId }
}

/** What the proxy cannot read as a host is refused, and recorded all the same: as it was written, and port 0. */
export async function turnAway(text: string, why: string, settings: AdmissionSettings): Promise<void> {
  const wanted = { host: hostIn(text), port: 0, verb: null, path: null }
  settings.seen({ ...wanted, ...(await answerOf(wanted, refused(why), settings)) })
}

// Never what stands before an @ or behind the host: that may be secret.
function hostIn(text: string): string {
  const [authority = ''] = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').split(/[/?#\\]/, 1)
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  // oxlint-disable-next-line no-control-regex -- these are what is taken out
  return host.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd').slice(0, LONGEST_HOST) || 'unnamed'
}
const LONGEST_HOST = 200

type Found = { readonly addresses: readonly string[]; readonly refusal: string | null }

async function addressesOf(
  wanted: Wanted,
  rule: HostRule | undefined,
  { lookUp, onlyListed }: AdmissionSettings,
): Promise<Found> {
  const named = `${wanted.host}:${wanted.port}`
  if (rule === undefined && (await onlyListed))
    return refused(`${named} is not listed for this sandbox; --allow-host ${named} lists it`)
  if (rule === undefined && isIP(wanted.host) > 0)
    return refused(`${named} is an address; only names are reached unless it is listed`)
  const addresses = await lookUpQuietly(wanted.host, lookUp)
  if (addresses.length === 0) return refused(`${wanted.host} has no address`)
  const inward = addresses
    .map((address) => ({ address, kind: kindOfAddress(address) }))
    .find(({ kind }) => kind !== 'public' && (rule?.mayBePrivate !== true || kind === 'metadata'))
  if (inward === undefined) return { addresses, refusal: null }
  const text = `${wanted.host} leads to ${inward.address}, which is ${KIND_TEXTS[inward.kind]}`
  return { addresses, refusal: text }
}

const refused = (refusal: string): Found => ({ addresses: [], refusal })

const KIND_TEXTS = {
  public: 'public',
  loopback: 'this machine itself',
  metadata: 'a metadata service',
  'link-local': 'a link-local address',
  private: 'a private address',
  reserved: 'a reserved address',
} as const

async function lookUpQuietly(host: string, lookUp: LookUp): Promise<readonly string[]> {
  if (isIP(host) > 0) return [host]
  if (host === OUTSIDE) return ['127.0.0.1']
  try {
    return await lookUp(host)
  } catch {
    return []
  }
}

// The proxy's own refusal stands even where policy only observes.
async function answerOf(
  wanted: Wanted,
  { addresses, refusal }: Found,
  { decide }: AdmissionSettings,
): Promise<EgressAnswer> {
  try {
    const answer = await decide({ ...wanted, addresses, refusal })
    return refusal === null ? answer : { ...answer, outcome: 'deny', reason: refusal }
  } catch {
    return { outcome: 'deny', reason: refusal ?? 'the decision could not be made', decisionId: 'none' }
  }
}
