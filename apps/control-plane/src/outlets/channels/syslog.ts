import { connect } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { isIP } from 'node:net'
import { createReach, isLiteralOutOfReach, lookupWithin } from '@writ/runtime'
import { octetCounted, syslogMessageOf, syslogTestOf } from '@writ/outlets'
import { allOf, failure, SEND_LIMIT_MS } from './channel.ts'
import type { Channel, Failure } from './channel.ts'
import { failureBehind } from './http-post.ts'
import type { WayOut } from './http-post.ts'

export type SyslogReceiver = {
  readonly host: string
  readonly port: number
  readonly authorities: string | null
}

/**
 * CEF in syslog on TLS (RFC 5425). Syslog acknowledges nothing, so each batch is one connection that we end and whose end by the receiver
 * we wait for: whoever ends it in order after us has read all of it, and whoever dies before resets it. We end it a moment after the batch
 * is sent: a receiver that stops in order just then, with the batch unread, ends it before us.
 */
export function createSyslog(receiver: SyslogReceiver, way: WayOut): Channel {
  return {
    send: async (batch) => {
      const failed = await sendAll(batch.map((delivered) => octetCounted(syslogMessageOf(delivered))))
      return failed ? { delivered: 0, failure: failed } : allOf(batch)
    },
    test: (event) => sendAll([octetCounted(syslogTestOf(event))]),
    close: async () => {},
  }

  async function sendAll(messages: readonly string[]): Promise<Failure | null> {
    const reach = createReach(way.reach)
    if (isLiteralOutOfReach(receiver.host, reach))
      return failure('out_of_reach', 'this address is not reached from here')
    const socket = connect({
      host: receiver.host,
      port: receiver.port,
      lookup: lookupWithin(reach, way.resolve),
      ...(isIP(receiver.host) === 0 && { servername: receiver.host }),
      ...(receiver.authorities !== null && { ca: receiver.authorities }),
    })
    const signal = AbortSignal.any([way.signal, AbortSignal.timeout(SEND_LIMIT_MS)])
    try {
      return await written(socket, messages, signal)
    } finally {
      socket.destroy()
    }
  }
}

function written(
  socket: TLSSocket,
  messages: readonly string[],
  signal: AbortSignal,
): Promise<Failure | null> {
  return new Promise((resolve) => {
    let isSecure = false
    let hasEnded = false
    const giveUp = () => resolve(failure('timeout', `not taken within ${SEND_LIMIT_MS / 1000} s`))
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    socket.once('error', (error) => resolve(failureBehind(error)))
    // Whoever ends before we did has not read what came after.
    socket.once('end', () => {
      hasEnded = true
      resolve(socket.writableFinished ? null : CUT)
    })
    socket.once('close', () => resolve(isSecure ? (hasEnded ? null : CUT) : failure('unreachable', 'closed')))
    socket.once('secureConnect', () => {
      isSecure = true
      socket.write(messages.join(''), () => void setTimeout(() => socket.end(), MOMENT_MS))
    })
    // What a receiver says is not listened to; but its end is.
    socket.resume()
  })
}

/** For a receiver to read, or to say that it stops. Long beside a way through the network, short beside a handshake for each batch. */
const MOMENT_MS = 100

const CUT = failure('unconfirmed', 'the connection did not end in order')
