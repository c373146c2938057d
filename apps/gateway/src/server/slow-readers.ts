import type { ServerResponse } from 'node:http'
import { Refusal } from '@writ/contracts'

const TOO_SLOW = new Refusal('reader_too_slow')
const cut = new WeakSet<ServerResponse>()

/** Ends an answer that its client does not take; nothing more is kept for it. */
export function cutSlowReader(response: ServerResponse): void {
  cut.add(response)
  response.destroy()
}

/** Why an answer was not taken whole, for its record; undefined where the client left by itself. */
export const whyCut = (response: ServerResponse): Refusal | undefined =>
  cut.has(response) ? TOO_SLOW : undefined

/** So much fits into the buffers of the system, on its way to a client that reads at all. */
const LIKELY_TAKEN_BYTES = 64 * 1024

/**
 * Watches over a large body that was handed over: a client that takes none of it for so long is cut off. One that takes some of it, however
 * little, has so long again.
 */
export function cutWhereStuck(response: ServerResponse, sizeBytes: number, limitMs: number): void {
  const { socket } = response
  if (socket === null || sizeBytes <= LIKELY_TAKEN_BYTES) return
  let takenBytes = -1
  const timer = setInterval(() => {
    const nowTaken = socket.bytesWritten - socket.writableLength
    if (nowTaken <= takenBytes) cutSlowReader(response)
    takenBytes = nowTaken
  }, limitMs)
  response.once('close', () => clearInterval(timer))
}
