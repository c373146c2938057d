import type { Refusal } from '@writ/contracts'
import { REFUSALS } from '@writ/contracts'

/**
 * The `WWW-Authenticate` value that answers a refused authentication (RFC 9449 §7.1, RFC 6750 §3, RFC 9728 §5.1).
 * No error code where no credentials were sent. With `use_dpop_nonce` the nonce goes beside it, in `DPoP-Nonce`.
 */
export function challengeOf(
  refusal: Refusal,
  { resourceMetadata }: { resourceMetadata?: string } = {},
): string {
  const error = REFUSALS[refusal.code].oauth
  const parameters = [
    ...(error === null ? [] : [`error="${error}"`, `error_description="${quotable(refusal.detail)}"`]),
    'algs="ES256"',
    ...(resourceMetadata === undefined ? [] : [`resource_metadata="${quotable(resourceMetadata)}"`]),
  ]
  return `DPoP ${parameters.join(', ')}`
}

/** RFC 6750 §3: visible ASCII and space, without quotes and backslashes. */
const quotable = (text: string): string => text.replace(/[^\x20-\x7e]|["\\]/g, "'")
