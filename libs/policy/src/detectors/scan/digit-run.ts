import type { Candidates } from './candidates.ts'
import { isSeparator } from './listening.ts'
import type { Parting, RunListeners } from './listening.ts'

/** Groups of a run that are held at once: a longer one comes in blocks of so many. */
const MOST_GROUPS = 256
/** Digits of a run that is one group: a longer one is no number of anything. */
const MOST_OF_ONE = 64
/** Groups that two blocks share: as many as any part has. */
const SHARED = 32

/**
 * Groups of digits with one separator between two of them, as they come. A run with more digits than a listener takes is offered to it in
 * parts, from the beginning of each group as far as it takes: so a card number is found in the middle of a table of numbers.
 */
export class DigitRun {
  readonly #listeners: RunListeners
  readonly #candidates: Candidates
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  #text = ''
  #count = 0
  #digits = 0
  /** right behind the last group */
  #end = -1
  #isPartial = false
  /** digits of the longest group */
  #longest = 0

  constructor(listeners: RunListeners, candidates: Candidates) {
    this.#listeners = listeners
    this.#candidates = candidates
  }

  /** What was held before is forgotten. */
  begin(text: string): void {
    this.#text = text
    this.#end = -1
    this.#forget()
  }

  /** The next group of digits. */
  add(start: number, end: number): void {
    if (start !== this.#end + 1 || !isSeparator(this.#text.charCodeAt(this.#end))) this.flush()
    this.#starts[this.#count] = start
    this.#ends[this.#count] = end
    this.#count += 1
    this.#digits += end - start
    this.#longest = Math.max(this.#longest, end - start)
    this.#end = end
    if (this.#count === MOST_GROUPS) this.#shorten()
  }

  /** The run ends here. */
  flush(): void {
    const isOne = this.#count === 1 && !this.#isPartial
    if (this.#digits >= this.#listeners.least && !(isOne && this.#digits > MOST_OF_ONE)) {
      this.#offerWhole()
      if (!isOne) this.#offerParts(this.#count)
    }
    this.#forget()
  }

  #forget(): void {
    this.#count = 0
    this.#digits = 0
    this.#longest = 0
    this.#isPartial = false
  }

  /** A block of a longer run has more digits than anyone takes who takes parts. */
  #offerWhole(): void {
    const list = this.#listeners.listFor(this.#digits, this.#text, this.#starts[0] ?? 0, this.#end)
    this.#offer(list, 0, this.#count)
  }

  /** Parts that begin with a group before `last`. */
  #offerParts(last: number): void {
    if (this.#longest < LEAST_OF_GROUPS) return
    for (const parting of this.#listeners.parting) {
      if (!this.#isPartial && this.#digits <= parting.max) return
      this.#offerEach(last, parting)
    }
  }

  /** As many groups as are taken, from each group on: where one part ends, the next does not end before. */
  #offerEach(last: number, parting: Parting): void {
    let end = 0
    let digits = 0
    for (let group = 0; group < last; group += 1) {
      if (end < group) end = group
      for (; end < this.#count && digits + this.#lengthOf(end) <= parting.max; end += 1)
        digits += this.#lengthOf(end)
      if (digits >= parting.min && digits >= (end - group) * LEAST_OF_GROUPS)
        this.#offerPart(group, end, parting)
      if (end > group) digits -= this.#lengthOf(group)
    }
  }

  #offerPart(group: number, end: number, { list, bit }: Parting): void {
    const bits = this.#listeners.bitsBeside(this.#text, this.#starts[group] ?? 0, this.#ends[end - 1] ?? 0)
    if ((bits & bit) === bit) this.#offer(list, group, end)
  }

  #lengthOf(group: number): number {
    return (this.#ends[group] ?? 0) - (this.#starts[group] ?? 0)
  }

  #offer(list: number, group: number, end: number): void {
    if (list !== 0) this.#candidates.add(list, this.#starts[group] ?? 0, this.#ends[end - 1] ?? 0)
  }

  /** A run without end is held in part only. */
  #shorten(): void {
    this.#isPartial = true
    this.#offerWhole()
    this.#offerParts(MOST_GROUPS - SHARED)
    this.#starts.copyWithin(0, MOST_GROUPS - SHARED)
    this.#ends.copyWithin(0, MOST_GROUPS - SHARED)
    this.#count = SHARED
    this.#digits = 0
    this.#longest = 0
    for (let group = 0; group < this.#count; group += 1) {
      this.#digits += this.#lengthOf(group)
      this.#longest = Math.max(this.#longest, this.#lengthOf(group))
    }
  }
}

/** Digits of a group on average: rows of single digits are no numbers that go together. */
export const LEAST_OF_GROUPS = 2
