import type { IncomingHttpHeaders } from 'node:http'

/** Fields that belong to one hop, or that the proxy itself sets. */
const OWN_FIELDS = new Set([
  'host',
  'connection',
  'proxy-connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'authorization',
  'proxy-authorization',
  'dpop',
  'cookie',
  'origin',
  'accept-encoding',
])

/** Fields that concern the proxy and the gateway, not the client. */
const HIDDEN_FIELDS = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'content-encoding',
  'www-authenticate',
  'dpop-nonce',
  'set-cookie',
])

/** The client's fields that go on to the gateway. */
export function forwardedFields(headers: IncomingHttpHeaders): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !OWN_FIELDS.has(name))
  return Object.fromEntries(
    kept.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
}

/** The gateway's fields that go on to the client. */
export const answeredFields = (headers: Headers): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => !HIDDEN_FIELDS.has(name)))

/** DNS rebinding: a browser page must not reach the agent's tools through a name that resolves to loopback. */
export const isLocal = ({ host = '', origin }: IncomingHttpHeaders): boolean =>
  LOOPBACK.test(host) && (origin === undefined || LOOPBACK.test(origin.replace(/^https?:\/\//, '')))

const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i
