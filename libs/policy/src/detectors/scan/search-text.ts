import { ANCHORS } from '../injection/anchors.ts'
import { exfilRecogniser } from '../injection/exfil.ts'
import { roleRecogniser } from '../injection/role.ts'
import { TOKEN_RECOGNISERS } from '../../modify/find-tokens.ts'
import { MEMBERS } from '../members.ts'
import { PII_RECOGNISERS } from '../pii/recognisers.ts'
import { SECRET_RECOGNISERS } from '../secrets/recognisers.ts'
import type { Span } from '../sighting.ts'
import { mayBeEncoded } from './decode-runs.ts'
import type { Meter } from './meter.ts'
import { CHUNK, DecodedSearch, mayHoldPieces } from './search-decoded.ts'
import { sieveOf, Sifter } from './sift.ts'
import type { Catch, Stretch } from './sift.ts'
import { SpanSet } from './span-set.ts'

/** A new detector is one line here and one in `signals.ts`. */
const SIEVE = sieveOf(
  [...PII_RECOGNISERS, ...SECRET_RECOGNISERS, ...TOKEN_RECOGNISERS, roleRecogniser, exfilRecogniser, MEMBERS],
  ANCHORS,
)

/** Searches one stretch of a text after another, by what was made once for all of them. */
export class TextSearch {
  readonly #meter: Meter
  readonly #sifter: Sifter
  readonly #decoded: DecodedSearch
  readonly #plain = new Plain()

  constructor(meter: Meter) {
    this.#meter = meter
    this.#sifter = new Sifter(SIEVE, meter)
    this.#decoded = new DecodedSearch(SIEVE, meter)
  }

  /**
   * Finds everything in a stretch of a text: as it stands, and decoded once (see `docs/detectors.md`). Ends early when the meter is spent,
   * and when there are more findings than may be reported.
   * @returns what is left to do, where that is anything: it yields when a slice of the meter is spent. Most texts are short and say what they
   * show, and are done with at once
   */
  search(stretch: Stretch, found: SpanSet): Generator<void> | null {
    this.#plain.begin(stretch.text)
    this.#sifter.begin(stretch, this.#plain)
    if (!this.#sifter.run() || this.#saysMore(stretch)) return this.#searchOn(stretch, found)
    for (const span of this.#plain.found.sorted()) found.add(span)
    return null
  }

  #saysMore({ text, from, to }: Stretch): boolean {
    return (
      to - from > CHUNK ||
      this.#plain.runs.length > 0 ||
      mayHoldPieces(text.slice(from, to), this.#sifter.isAscii)
    )
  }

  *#searchOn(stretch: Stretch, found: SpanSet): Generator<void> {
    while (!this.#sifter.run()) yield this.#meter.beginSlice()
    const plain = this.#plain.found
    const divided = plain.isFull
      ? null
      : yield* this.#decoded.searchPieces(stretch, { plain, isAscii: this.#sifter.isAscii }, found)
    for (const span of plain.sorted()) if (divided?.has(span) !== true) found.add(span)
    yield* this.#decoded.searchRuns(stretch, this.#plain.runs, found)
  }
}

/** What stands in a text as it is written. */
class Plain implements Catch {
  found = new SpanSet()
  /** what may be encoded: pairs of start and end */
  readonly runs: number[] = []
  #text = ''

  begin(text: string): void {
    if (this.found.size > 0) this.found = new SpanSet()
    this.runs.length = 0
    this.#text = text
  }

  get isFull(): boolean {
    return this.found.isFull
  }

  span(span: Span): void {
    this.found.add(span)
  }

  run(start: number, end: number): void {
    if (mayBeEncoded(this.#text, start, end)) this.runs.push(start, end)
  }
}
