import { once } from 'node:events'
import type { Writable } from 'node:stream'

/** One message a line. Waits while the client does not read; never rejects, because nobody is left to be told. */
export type LineWriter = (text: string | Uint8Array) => Promise<void>

/** @param signal aborts when the client is gone */
export function createLineWriter(output: Writable, signal: AbortSignal): LineWriter {
  let drained: Promise<unknown> | null = null
  return async (text) => {
    if (signal.aborted) return
    // Outside of strings, which hold no raw line ends, a line end is white space.
    const line = Buffer.from(text)
      .toString()
      .replaceAll(/[\r\n]+/g, ' ')
    if (output.write(`${line}\n`)) return
    drained ??= once(output, 'drain', { signal }).finally(() => (drained = null))
    await drained.catch(() => undefined)
  }
}
