import type { IncomingMessage, ServerResponse } from 'node:http'
import { Refusal } from '@writ/contracts'

/** How much of a refused body is read and thrown away, so that the sender gets to see the refusal. */
const DISCARD_BYTES = 16 * 1024 * 1024
/** The same for a sender that nobody stands for. */
const LINGER_BYTES = 64 * 1024
const LINGER_MS = 500

export type BodyLimits = { readonly bodyBytes: number; readonly bodyIdleMs: number }

/**
 * Collects a body up to a limit. Beyond it nothing more is kept: the answer is a Refusal at once.
 * @returns null when the sender went away first; `stalled` when it sent nothing for too long
 */
export function collectBody(
  request: IncomingMessage,
  { bodyBytes, bodyIdleMs }: BodyLimits,
): Promise<Uint8Array | Refusal | 'stalled' | null> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > bodyBytes) return Promise.resolve(new Refusal('message_too_large'))
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let sizeBytes = 0
    const onData = (chunk: Buffer) => {
      idle.refresh()
      sizeBytes += chunk.length
      if (sizeBytes <= bodyBytes) chunks.push(chunk)
      else settle(new Refusal('message_too_large'))
    }
    const settle = (body: Uint8Array | Refusal | 'stalled' | null) => {
      clearTimeout(idle)
      request.off('data', onData)
      chunks.length = 0
      resolve(body)
    }
    const idle = setTimeout(() => settle('stalled'), bodyIdleMs)
    request.on('data', onData)
    // The first that settles counts, so none of them has to be taken back.
    request.on('end', () => settle(chunks.length === 1 ? (chunks[0] ?? null) : Buffer.concat(chunks)))
    request.on('error', () => settle(null))
    request.on('close', () => settle(null))
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

/** Reads on a little without keeping anything: who has not finished soon after the answer is cut off. */
export function linger(request: IncomingMessage, response: ServerResponse): void {
  let leftBytes = LINGER_BYTES
  request.on('data', (chunk: Buffer) => {
    leftBytes -= chunk.length
    if (leftBytes < 0) request.pause()
  })
  request.on('error', () => {})
  response.once('finish', () => {
    if (request.complete) return
    const cut = setTimeout(() => request.destroy(), LINGER_MS)
    request.once('end', () => clearTimeout(cut))
    request.once('close', () => clearTimeout(cut))
  })
}
