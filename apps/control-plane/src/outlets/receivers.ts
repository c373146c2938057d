import type { OutletTarget } from '@writ/contracts'
import { createReach, isLiteralOutOfReach, isPortOfAnotherProtocol } from '@writ/runtime'
import type { ReachSettings } from '@writ/runtime'
import { unprocessable } from '../http/problem.ts'
import { isLoopbackName } from '../sso/outbound.ts'

/** Ports that are given to syslog on a stream (RFC 5425; 601 and 514 by habit). */
const SYSLOG_PORTS: ReadonlySet<number> = new Set([514, 601, 6514])

/**
 * Says early what no deliverer would do. Only what stands in the target is looked at: a name leads elsewhere tomorrow, so the address of
 * every socket is judged when it is opened.
 * @throws 422
 */
export function requireReceiver(target: OutletTarget, reach: ReachSettings): void {
  const { host, port, isPlain } = placeOf(target)
  if (isPlain && !(reach.loopback && isLoopbackName(host)))
    throw refused('records go out by https; by http only to this very machine, where the operator allowed it')
  if (isPortOfAnotherProtocol(port) && !(target.kind === 'syslog' && SYSLOG_PORTS.has(port)))
    throw refused('this port is of another protocol')
  const isOut = isLoopbackName(host) ? !reach.loopback : isLiteralOutOfReach(host, createReach(reach))
  if (isOut) throw refused('this address is not reached from here: receivers are on the public Internet')
}

function placeOf(target: OutletTarget): {
  readonly host: string
  readonly port: number
  readonly isPlain: boolean
} {
  if (target.kind === 'syslog') return { host: target.host, port: target.port, isPlain: false }
  const { hostname, port, protocol } = new URL(target.url)
  return { host: hostname, port: Number(port), isPlain: protocol === 'http:' }
}

const refused = (message: string) =>
  unprocessable('this receiver is not taken', [{ path: 'target', message }])
