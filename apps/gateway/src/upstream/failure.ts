import { Refusal } from '@writ/contracts'
import { OutOfReach } from '@writ/runtime'

/**
 * What an agent may hear of a failed exchange. The reason itself stays here: it can name addresses and certificates of the tenant's
 * network.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof OutOfReach) return new Refusal('upstream_forbidden')
  const code = codeOf(error)
  if (TIMEOUTS.has(code)) return new Refusal('upstream_unreachable', 'the upstream did not answer in time')
  if (NAMES.has(code)) return new Refusal('upstream_unreachable', 'the name of the upstream is not known')
  if (PROOF.test(code))
    return new Refusal('upstream_unreachable', 'the upstream did not prove by TLS that it is the one meant')
  return new Refusal('upstream_unreachable')
}

function codeOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : null
  return typeof code === 'string' ? code : ''
}

const TIMEOUTS: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'ETIMEDOUT',
])
const NAMES: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA'])
/** Codes of OpenSSL's verification and of Node's own check of the name. */
const PROOF =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_|HOSTNAME_MISMATCH$)/
