import type { IncomingMessage } from 'node:http'
import { Refusal } from '@writ/contracts'

/** How much of a refused body is read and thrown away, so that the sender gets to see the refusal. */
const DISCARD_BYTES = 16 * 1024 * 1024

/**
 * Collects a body up to a limit. Beyond it nothing more is kept: the answer is a Refusal at once.
 * @returns null when the sender went away first
 */
export function collectBody(
  request: IncomingMessage,
  limitBytes: number,
): Promise<Uint8Array | Refusal | null> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > limitBytes) return Promise.resolve(new Refusal('message_too_large'))
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let sizeBytes = 0
    const onData = (chunk: Buffer) => {
      sizeBytes += chunk.length
      if (sizeBytes <= limitBytes) {
        chunks.push(chunk)
        return
      }
      chunks.length = 0
      request.off('data', onData)
      resolve(new Refusal('message_too_large'))
    }
    request.on('data', onData)
    request.once('end', () => resolve(chunks.length === 1 ? (chunks[0] ?? null) : Buffer.concat(chunks)))
    request.once('error', () => resolve(null))
    request.once('close', () => resolve(null))
  })
}

/** GET and DELETE carry nothing, so that no server behind reads a message that was never judged. */
export function refuseBody(request: IncomingMessage): Refusal | null {
  const isAnnounced =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  return isAnnounced ? new Refusal('message_malformed', 'only POST carries a body') : null
}

/** Reads on without keeping anything, then cuts: a socket with unread bytes is reset, and the answer lost with it. */
export function discard(request: IncomingMessage): void {
  let leftBytes = DISCARD_BYTES
  request.on('data', (chunk: Buffer) => {
    leftBytes -= chunk.length
    if (leftBytes < 0) request.destroy()
  })
  request.on('error', () => {})
}
