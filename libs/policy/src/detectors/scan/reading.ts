import type { Span } from '../sighting.ts'

/** A stretch of a text as it reads decoded, with the way back. */
export type Reading = {
  readonly text: string
  /** of each code unit of `text`: the stretch of the original that says it */
  readonly starts: ArrayLike<number>
  readonly ends: ArrayLike<number>
  /** written so that a person does not read it: base64, hexadecimal, percent-encoded, in invisible characters */
  readonly isCovert: boolean
}

/** The smallest stretch of the original that covers what was found in the reading. */
export function mapBack({ starts, ends }: Reading, span: Span): Span {
  let start = Number.POSITIVE_INFINITY
  let end = 0
  for (let at = span.start; at < span.end; at += 1) {
    start = Math.min(start, starts[at] ?? 0)
    end = Math.max(end, ends[at] ?? 0)
  }
  return { signal: span.signal, start, end }
}

/** Puts readings together, piece by piece, one after the other in the same rows of places. */
export class ReadingBuilder {
  #text = ''
  #length = 0
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  /** What was read before is forgotten. */
  begin(): void {
    this.#text = ''
    this.#length = 0
  }

  /** The original as it stands. */
  copy(original: string, start: number, end: number): void {
    this.#text += original.slice(start, end)
    for (let at = start; at < end; at += 1) this.#place(at, at + 1)
  }

  /** What `[start, end)` of the original says. */
  write(decoded: string, start: number, end: number): void {
    this.#text += decoded
    for (let at = 0; at < decoded.length; at += 1) this.#place(start, end)
  }

  reading(isCovert: boolean): Reading {
    return { text: this.#text, starts: this.#starts, ends: this.#ends, isCovert }
  }

  #place(start: number, end: number): void {
    this.#starts[this.#length] = start
    this.#ends[this.#length] = end
    this.#length += 1
  }
}
