import type { IncomingMessage, ServerResponse } from 'node:http'
import { Refusal } from '@writ/contracts'
import { GatheredBytes } from '@writ/runtime'
import { deadlines } from '../deadlines.ts'
import type { Awaited } from '../deadlines.ts'

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
export function collectBody(request: IncomingMessage, limits: BodyLimits): Promise<Collected> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > limits.bodyBytes) return Promise.resolve(new Refusal('message_too_large'))
  return new Promise((settle) => {
    const body = new Collecting(limits, settle)
    request.on('data', (chunk: Buffer) => body.take(chunk))
    request.on('end', () => body.end())
    request.on('close', () => body.settle(null))
  })
}

type Collected = Uint8Array | Refusal | 'stalled' | null

class Collecting implements Awaited {
  dueMs: number
  readonly #limits: BodyLimits
  readonly #settle: (body: Collected) => void
  readonly #bytes = new GatheredBytes()
  #isSettled = false

  constructor(limits: BodyLimits, settle: (body: Collected) => void) {
    this.#limits = limits
    this.#settle = settle
    this.dueMs = performance.now() + limits.bodyIdleMs
    deadlines.add(this)
  }

  take(chunk: Buffer): void {
    if (this.#isSettled) return
    const { bodyBytes, bodyIdleMs } = this.#limits
    this.dueMs = performance.now() + bodyIdleMs
    if (this.#bytes.sizeBytes + chunk.length <= bodyBytes) this.#bytes.add(chunk)
    else this.settle(new Refusal('message_too_large'))
  }

  end(): void {
    this.settle(this.#bytes.take())
  }

  late(): void {
    this.settle('stalled')
  }

  /** The first that settles counts. */
  settle(body: Collected): void {
    if (this.#isSettled) return
    this.#isSettled = true
    deadlines.drop(this)
    this.#bytes.take()
    this.#settle(body)
  }
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
