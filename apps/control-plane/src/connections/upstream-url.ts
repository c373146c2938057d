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

/** RFC 6761 §6.3. */
const isLoopbackName = (hostname: string): boolean => /^(?:.*\.)?localhost\.?$/.test(hostname)

const refused = (message: string) =>
  unprocessable('the URL of this upstream is not taken', [{ path: 'url', message }])
