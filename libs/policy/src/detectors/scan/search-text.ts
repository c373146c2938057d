import { ANCHORS } from '../injection/anchors.ts'
import { exfilRecogniser } from '../injection/exfil.ts'
import { HiddenText } from '../injection/hidden.ts'
import { roleRecogniser } from '../injection/role.ts'
import { TOKEN_RECOGNISERS } from '../../modify/find-tokens.ts'
import { MEMBERS } from '../members.ts'
import { PII_RECOGNISERS } from '../pii/recognisers.ts'
import { SECRET_RECOGNISERS } from '../secrets/recognisers.ts'
import type { Span } from '../sighting.ts'
import { piecesIn, readingsAround, SIGNS } from './decode-escapes.ts'
import type { Piece } from './decode-escapes.ts'
import { readingsOfRun } from './decode-runs.ts'
import type { Meter } from './meter.ts'
import { mapBack } from './reading.ts'
import type { Reading } from './reading.ts'
import { sieveOf, sift } from './sift.ts'
import type { Stretch } from './sift.ts'
import { SpanSet } from './span-set.ts'
import { mayBeVeiled, veiledIn } from './unveil.ts'

/** A new detector is one line here and one in `signals.ts`. */
const SIEVE = sieveOf(
  [...PII_RECOGNISERS, ...SECRET_RECOGNISERS, ...TOKEN_RECOGNISERS, roleRecogniser, exfilRecogniser, MEMBERS],
  ANCHORS,
)

/**
 * Finds everything in a stretch of a text: as it stands, and decoded once (see `docs/detectors.md`). Yields when a slice of the meter is
 * spent, and ends early when all of it is.
 */
export function* searchText(stretch: Stretch, found: SpanSet, meter: Meter): Generator<void> {
  const runs: number[] = []
  const plain = new SpanSet()
  const caught = {
    span: (span: Span) => plain.add(span),
    run: (start: number, end: number) => void runs.push(start, end),
  }
  yield* sift(SIEVE, stretch, caught, meter)
  const divided = yield* searchDecoded(stretch, plain, found, meter)
  for (const span of plain.sorted()) if (!divided.has(span)) found.add(span)
  for (let at = 0; at < runs.length && !meter.isSpent; at += 2) {
    const [start = 0, end = 0] = runs.slice(at, at + 2)
    for (const { reading, read } of readingsOfRun(stretch.text, start, end)) {
      meter.take(COST_OF_RUN + read * COST_OF_LETTER)
      if (reading !== null) yield* searchReading(reading, stretch, found, meter)
      if (meter.isSliceSpent) yield meter.beginSlice()
    }
  }
}

const COST_OF_RUN = 100
const COST_OF_LETTER = 10
const COST_OF_PIECE = 60
const COST_OF_SAID = 20

/** Code units in which pieces are looked for at once. */
const CHUNK = 16 * 1024

/** Pieces before the chunk that are read again with it, so that nothing is lost between two chunks. */
const OVERLAP = 1024

function* searchDecoded(
  stretch: Stretch,
  plain: SpanSet,
  found: SpanSet,
  meter: Meter,
): Generator<void, Divided> {
  const divided = new Divided(plain)
  const hidden = new HiddenText(stretch)
  for (let from = stretch.from; from < stretch.to && !meter.isSpent; from += CHUNK) {
    const to = Math.min(stretch.to, from + CHUNK)
    const first = Math.max(stretch.from, from - OVERLAP)
    meter.take((to - from) / 8)
    if (meter.isSliceSpent) yield meter.beginSlice()
    if (!mayHoldPieces(stretch.text, first, to)) continue
    const veiled = [...veiledIn(stretch.text, first, to)]
    hidden.saw(veiled.filter((piece) => piece.start >= from))
    const pieces = [...veiled, ...piecesIn(stretch.text, first, to)].sort(byStart)
    meter.take(costOf(pieces))
    if (meter.isSliceSpent) yield meter.beginSlice()
    divided.saw(pieces)
    for (const reading of readingsAround(stretch.text, pieces))
      yield* searchReading(reading, stretch, found, meter)
  }
  for (const span of hidden.spans()) found.add(span)
  return divided
}

/** Most text is written as it is meant. */
function mayHoldPieces(text: string, from: number, to: number): boolean {
  const part = text.slice(from, to)
  return SIGNS.some((sign) => part.includes(sign)) || mayBeVeiled(part)
}

const costOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((cost, { says }) => cost + COST_OF_PIECE + says.length * COST_OF_SAID, 0)

const byStart = (left: Piece, right: Piece): number => left.start - right.start

/** The meter of a reading pays for its making too. */
const COST_OF_READING = 200
const COST_OF_DECODED = 4

function* searchReading(reading: Reading, stretch: Stretch, found: SpanSet, meter: Meter): Generator<void> {
  meter.take(COST_OF_READING + reading.text.length * COST_OF_DECODED)
  const { text } = reading
  const caught = {
    span: (span: Span) => {
      const mapped = mapBack(reading, span)
      found.add(mapped)
      if (reading.isCovert && span.signal === 'inj.override') found.add({ ...mapped, signal: 'inj.encoded' })
    },
    run: () => {},
  }
  yield* sift(SIEVE, { text, from: 0, to: text.length, isDefinition: stretch.isDefinition }, caught, meter)
}

/** Which findings begin or end inside of a piece: that was read wrong as the text stands, and is read right decoded. */
class Divided {
  /** of all findings in the text as it stands, in order */
  readonly #borders: readonly number[]
  readonly #divided = new Set<number>()

  constructor(plain: SpanSet) {
    this.#borders =
      plain.size === 0 ? [] : [...plain.sorted()].flatMap(({ start, end }) => [start, end]).sort(byValue)
  }

  saw(pieces: readonly Piece[]): void {
    if (this.#borders.length === 0) return
    for (const { start, end } of pieces) {
      for (let at = this.#firstAfter(start); (this.#borders[at] ?? end) < end; at += 1)
        this.#divided.add(this.#borders[at] ?? 0)
    }
  }

  has({ start, end }: Span): boolean {
    return this.#divided.has(start) || this.#divided.has(end)
  }

  #firstAfter(place: number): number {
    let low = 0
    let high = this.#borders.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#borders[middle] ?? 0) <= place) low = middle + 1
      else high = middle
    }
    return low
  }
}

const byValue = (left: number, right: number): number => left - right
