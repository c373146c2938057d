import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { sourceOf } from './admission.ts'

/** Figures of the sockets towards agents. */
export type Sockets = {
  readonly open: () => number
  /** closed at once, since their address had as many as it may */
  readonly turnedAway: () => number
}

/** At most so many sockets from one address: nobody takes them all by keeping them open and saying nothing. */
export function limitSockets(server: Server, mostPerAddress: number): Sockets {
  const bySource = new Map<string, number>()
  let open = 0
  let turnedAway = 0
  const enter = (socket: Socket) => {
    const source = sourceOf(socket.remoteAddress ?? '')
    const count = bySource.get(source) ?? 0
    if (count >= mostPerAddress) {
      turnedAway += 1
      // Before a byte of it is read, and without a farewell that it could refuse to take.
      socket.resetAndDestroy()
      return
    }
    bySource.set(source, count + 1)
    open += 1
    socket.once('close', () => {
      open -= 1
      const left = (bySource.get(source) ?? 1) - 1
      if (left === 0) bySource.delete(source)
      else bySource.set(source, left)
    })
  }
  server.prependListener('connection', enter)
  return { open: () => open, turnedAway: () => turnedAway }
}
