import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests that wait on one connection; who sends more of them without reading an answer is cut off. */
const MOST_WAITING = 16

const waitingOn = new WeakMap<Socket, number>()

/**
 * Requests that come on one connection before the answer to the one before (RFC 9112 §9.3.2) are begun one after the other, as they are
 * answered. An answer that waits behind another has no connection yet: nothing would tell it that its agent is gone, or takes nothing.
 * @returns null where nothing is before it; otherwise settles when its turn comes, and never where the connection ends first
 */
export function itsTurn(request: IncomingMessage, response: ServerResponse): Promise<void> | null {
  if (response.socket !== null) return null
  const { socket } = request
  const waiting = (waitingOn.get(socket) ?? 0) + 1
  waitingOn.set(socket, waiting)
  if (waiting > MOST_WAITING) socket.destroy()
  return new Promise((resolve) => {
    response.once('socket', () => {
      waitingOn.set(socket, (waitingOn.get(socket) ?? 1) - 1)
      if (!socket.destroyed) resolve()
    })
  })
}
