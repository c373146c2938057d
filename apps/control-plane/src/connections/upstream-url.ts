import type { ConnectionView } from '@writ/contracts'
import { createReach, isLiteralOutOfReach, isPortOfAnotherProtocol } from '@writ/runtime'
import { unprocessable } from '../http/problem.ts'

/** What of a tenant's upstreams may be where. */
export type UpstreamAllowance = { readonly loopback: boolean; readonly networks: readonly string[] }

/**
 * Says early what no gateway would do. Only what stands in the URL is looked at: a name leads elsewhere tomorrow, so the gateways judge
 * the address of every socket.
 * @throws 422
 */
export function requireReachable(url: string, { loopback, networks }: UpstreamAllowance): void {
  const { hostname, port } = new URL(url)
  if (isPortOfAnotherProtocol(Number(port))) throw refused('this port is of another protocol than HTTP')
  if (
    isLoopbackName(hostname) ? !loopback : isLiteralOutOfReach(hostname, createReach({ loopback, networks }))
  )
    throw refused(
      'no gateway goes to this address: upstreams are on the public Internet, or in private networks that the operator allowed to this tenant',
    )
}

/**
 * A credential was given for one origin (RFC 6454). Whoever may change a connection, and was never told its secret, must not have it sent to
 * a place of their own.
 * @throws 422
 */
export function requireSameReceiver(
  before: Pick<ConnectionView, 'url' | 'credential'>,
  after: Located,
): void {
  if (before.credential.kind === 'none' || originOf(before) === originOf(after)) return
  throw unprocessable('the credential of this connection was given for another origin', [
    {
      path: 'credential',
      message: `is to be given again: what is kept is for ${originOf(before)} and is sent nowhere else`,
    },
  ])
}

type Located = { readonly url: string }

/** Scheme, host and port. */
export const originOf = ({ url }: Located): string => new URL(url).origin

/** RFC 6761 §6.3. */
const isLoopbackName = (hostname: string): boolean => /^(?:.*\.)?localhost\.?$/.test(hostname)

const refused = (message: string) =>
  unprocessable('the URL of this upstream is not taken', [{ path: 'url', message }])
