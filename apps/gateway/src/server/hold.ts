import type { RefusalCode } from '@writ/contracts'
import type { Answer } from '@writ/enforcement'

/** Beats at which refusals of unproven requests go out. Longer than looking up a name that is not at hand. */
const BEAT_MS = 25

/**
 * How long an answer waits, so that its moment says nothing of what was looked up for it: whether a tenant exists, and whether its
 * bundle was at hand. Only refusals wait that somebody without a valid token can get.
 * @param tookMs since the request arrived
 */
export function holdMs(answer: Answer, tookMs: number): number {
  if (answer.kind !== 'refusal' || !UNPROVEN.has(answer.refusal.code)) return 0
  return Math.ceil(tookMs / BEAT_MS) * BEAT_MS - tookMs
}

const UNPROVEN: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'credentials_missing',
  'authorization_ambiguous',
  'proof_invalid',
  'token_invalid',
  'rate_limited',
])
