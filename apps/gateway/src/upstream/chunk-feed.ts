import { GatheredBytes } from '@writ/runtime'

/** Bytes that may wait for their reader before the sender is told to pause. */
const HIGH_WATER_BYTES = 64 * 1024

/** The end of the sender that a feed can slow down or stop. */
export type Valve = { readonly pause: () => void; readonly resume: () => void; readonly abort: () => void }

type Reader = {
  readonly resolve: (result: IteratorResult<Uint8Array>) => void
  readonly reject: (reason: Error) => void
}

const DONE = { done: true, value: undefined } as const

/** Chunks that are pushed by a socket and pulled by one reader, who gets what waited in one piece; the socket pauses while the reader is behind. */
export class ChunkFeed implements AsyncIterableIterator<Uint8Array> {
  readonly #valve: Valve
  readonly #waiting = new GatheredBytes()
  #isPaused = false
  #isEnded = false
  #failure: Error | null = null
  #reader: Reader | null = null

  constructor(valve: Valve) {
    this.#valve = valve
  }

  push(chunk: Uint8Array): void {
    if (this.#isEnded) return
    const reader = this.#reader
    this.#reader = null
    if (reader) return reader.resolve({ done: false, value: chunk })
    this.#waiting.add(chunk)
    if (this.#isPaused || this.#waiting.sizeBytes < HIGH_WATER_BYTES) return
    this.#isPaused = true
    this.#valve.pause()
  }

  end(): void {
    this.#finish(null)
  }

  /** What was pushed before is still read; the reason comes after it. */
  fail(reason: Error): void {
    this.#finish(reason)
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#take()
    if (chunk) return Promise.resolve({ done: false, value: chunk })
    if (this.#isEnded) return this.#failure ? Promise.reject(this.#failure) : Promise.resolve(DONE)
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
    })
  }

  /** The reader leaves: the sender is stopped. */
  return(): Promise<IteratorResult<Uint8Array>> {
    const wasEnded = this.#isEnded
    this.#waiting.take()
    this.#finish(null)
    if (!wasEnded) this.#valve.abort()
    return Promise.resolve(DONE)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #take(): Uint8Array | undefined {
    if (this.#waiting.sizeBytes === 0) return undefined
    const chunk = this.#waiting.take()
    if (this.#isPaused && !this.#isEnded) {
      this.#isPaused = false
      this.#valve.resume()
    }
    return chunk
  }

  #finish(failure: Error | null): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#failure = failure
    const reader = this.#reader
    this.#reader = null
    if (failure) reader?.reject(failure)
    else reader?.resolve(DONE)
  }
}
