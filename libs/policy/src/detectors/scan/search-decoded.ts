import { HiddenText } from '../injection/hidden.ts'
import type { Span } from '../sighting.ts'
import { piecesIn, readingsAround, SIGNS } from './decode-escapes.ts'
import type { Piece } from './decode-escapes.ts'
import { readingsOfRun } from './decode-runs.ts'
import { Divided } from './divided.ts'
import type { Meter } from './meter.ts'
import { mapBack } from './reading.ts'
import type { Reading } from './reading.ts'
import { Sifter } from './sift.ts'
import type { Catch, Sieve, Stretch } from './sift.ts'
import type { SpanSet } from './span-set.ts'
import { mayBeVeiled, veiledIn } from './unveil.ts'

const COST_OF_RUN = 100
const COST_OF_LETTER = 10
const COST_OF_PIECE = 60
const COST_OF_SAID = 20

/** The meter of a reading pays for its making too. */
const COST_OF_READING = 200
const COST_OF_DECODED = 4

/** Code units in which pieces are looked for at once. */
export const CHUNK = 16 * 1024

/** Pieces before the chunk that are read again with it, so that nothing is lost between two chunks. */
const OVERLAP = 1024

/** Searches what stretches of a text say when they are decoded. Yields when a slice of the meter is spent. */
export class DecodedSearch {
  readonly #sieve: Sieve
  readonly #meter: Meter
  /** made for the first reading: most content has none */
  #sifter: Sifter | null = null

  constructor(sieve: Sieve, meter: Meter) {
    this.#sieve = sieve
    this.#meter = meter
  }

  /**
   * Escapes, and what cannot be seen.
   * @param passed what is known of the text as it stands
   * @returns which of that was read wrong
   */
  *searchPieces(stretch: Stretch, { plain, isAscii }: Passed, found: SpanSet): Generator<void, Divided> {
    const { text, from, to } = stretch
    const divided = new Divided(plain)
    const hidden = new HiddenText(stretch)
    for (let at = from; at < to && !this.#isOver(found); at += CHUNK) {
      const first = Math.max(from, at - OVERLAP)
      const last = Math.min(to, at + CHUNK)
      this.#meter.take((last - at) / 8)
      if (this.#meter.isSliceSpent) yield this.#meter.beginSlice()
      if (!mayHoldPieces(text.slice(first, last), isAscii)) continue
      const veiled = [...veiledIn(text, first, last)]
      hidden.saw(veiled.filter((piece) => piece.start >= at))
      const pieces = [...veiled, ...piecesIn(text, first, last)].sort(byStart)
      divided.saw(pieces)
      yield* this.#searchAround(pieces, stretch, found)
    }
    for (const span of hidden.spans()) found.add(span)
    return divided
  }

  /** @param runs pairs of start and end */
  *searchRuns(stretch: Stretch, runs: readonly number[], found: SpanSet): Generator<void> {
    for (let at = 0; at < runs.length && !this.#isOver(found); at += 2) {
      const [start = 0, end = 0] = runs.slice(at, at + 2)
      for (const { reading, read } of readingsOfRun(stretch.text, start, end)) {
        this.#meter.take(COST_OF_RUN + read * COST_OF_LETTER)
        if (reading !== null) yield* this.#searchReading(reading, stretch, found)
        if (this.#meter.isSliceSpent) yield this.#meter.beginSlice()
      }
    }
  }

  *#searchAround(pieces: readonly Piece[], stretch: Stretch, found: SpanSet): Generator<void> {
    this.#meter.take(costOf(pieces))
    if (this.#meter.isSliceSpent) yield this.#meter.beginSlice()
    for (const reading of readingsAround(stretch.text, pieces))
      yield* this.#searchReading(reading, stretch, found)
  }

  *#searchReading(reading: Reading, { isDefinition }: Stretch, found: SpanSet): Generator<void> {
    const { text } = reading
    this.#meter.take(COST_OF_READING + text.length * COST_OF_DECODED)
    this.#sifter ??= new Sifter(this.#sieve, this.#meter)
    this.#sifter.begin({ text, from: 0, to: text.length, isDefinition }, new Decoded(reading, found))
    while (!this.#sifter.run()) yield this.#meter.beginSlice()
  }

  #isOver(found: SpanSet): boolean {
    return this.#meter.isSpent || found.isFull
  }
}

/** What one pass over a text told. `isAscii`: nothing in it is anything else */
type Passed = { readonly plain: SpanSet; readonly isAscii: boolean }

/** Takes what is found in a reading back to the original. */
class Decoded implements Catch {
  readonly #reading: Reading
  readonly #found: SpanSet

  constructor(reading: Reading, found: SpanSet) {
    this.#reading = reading
    this.#found = found
  }

  get isFull(): boolean {
    return this.#found.isFull
  }

  span(span: Span): void {
    const mapped = mapBack(this.#reading, span)
    this.#found.add(mapped)
    if (this.#reading.isCovert && span.signal === 'inj.override')
      this.#found.add({ ...mapped, signal: 'inj.encoded' })
  }

  /** It is decoded once. */
  run(): void {}
}

/** Most text is written as it is meant. */
export function mayHoldPieces(part: string, isAscii: boolean): boolean {
  for (const sign of SIGNS) if (part.includes(sign)) return true
  return !isAscii && mayBeVeiled(part)
}

const costOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((cost, { says }) => cost + COST_OF_PIECE + says.length * COST_OF_SAID, 0)

const byStart = (left: Piece, right: Piece): number => left.start - right.start
