import { ANCHORS } from '../injection/anchors.ts'
import { exfilRecogniser } from '../injection/exfil.ts'
import { HiddenText } from '../injection/hidden.ts'
import { roleRecogniser } from '../injection/role.ts'
import { TOKEN_RECOGNISERS } from '../../modify/find-tokens.ts'
import { PII_RECOGNISERS } from '../pii/recognisers.ts'
import { SECRET_RECOGNISERS } from '../secrets/recognisers.ts'
import type { Span } from '../sighting.ts'
import { piecesIn, readingsAround } from './decode-escapes.ts'
import type { Piece } from './decode-escapes.ts'
import { readingsOfRun } from './decode-runs.ts'
import type { Meter } from './meter.ts'
import { mapBack } from './reading.ts'
import type { Reading } from './reading.ts'
import { sieveOf, sift } from './sift.ts'
import type { Stretch } from './sift.ts'
import { SpanSet } from './span-set.ts'
import { veiledIn } from './unveil.ts'

/** A new detector is one line here and one in `signals.ts`. */
const SIEVE = sieveOf(
  [...PII_RECOGNISERS, ...SECRET_RECOGNISERS, ...TOKEN_RECOGNISERS, roleRecogniser, exfilRecogniser],
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
  const pieces = yield* searchDecoded(stretch, plain, found, meter)
  for (const span of plain.sorted()) if (!pieces.divides(span)) found.add(span)
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
): Generator<void, Inside> {
  const inside = new Inside()
  const hidden = new HiddenText(stretch)
  for (let from = stretch.from; from < stretch.to && !meter.isSpent; from += CHUNK) {
    const to = Math.min(stretch.to, from + CHUNK)
    const first = Math.max(stretch.from, from - OVERLAP)
    const veiled = [...veiledIn(stretch.text, first, to)]
    hidden.saw(veiled.filter((piece) => piece.start >= from))
    const pieces = [...veiled, ...piecesIn(stretch.text, first, to)].sort(byStart)
    meter.take((to - from) / 8 + costOf(pieces))
    if (meter.isSliceSpent) yield meter.beginSlice()
    if (plain.size > 0) inside.add(pieces)
    for (const reading of readingsAround(stretch.text, pieces))
      yield* searchReading(reading, stretch, found, meter)
  }
  for (const span of hidden.spans()) found.add(span)
  return inside
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

/** Places inside of pieces: what begins or ends there in the text as it stands was read wrong, and is read right decoded. */
class Inside {
  readonly #places = new Set<number>()

  add(pieces: readonly Piece[]): void {
    for (const { start, end } of pieces) for (let at = start + 1; at < end; at += 1) this.#places.add(at)
  }

  divides({ start, end }: Span): boolean {
    return this.#places.has(start) || this.#places.has(end)
  }
}
