import { isSeparator, wanting } from './listening.ts'
import type { RunTriggers } from './listening.ts'
import type { Told } from './text-scan.ts'

/**
 * Groups of digits with one separator between two of them, as they come. A run with more digits than a listener takes is offered to it in
 * parts, from the beginning of each group as far as it takes: so a card number is found in the middle of a table of numbers.
 */
export class DigitRun {
  readonly #text: string
  readonly #triggers: RunTriggers
  readonly #told: Told
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  #isPartial = false

  constructor(text: string, triggers: RunTriggers, told: Told) {
    this.#text = text
    this.#triggers = triggers
    this.#told = told
  }

  /** The next group of digits. */
  add(start: number, end: number): void {
    const isNext =
      this.#ends[this.#ends.length - 1] === start - 1 && isSeparator(this.#text.charCodeAt(start - 1))
    if (!isNext) this.flush()
    this.#starts.push(start)
    this.#ends.push(end)
    if (this.#ends.length === MOST_GROUPS) this.#shorten()
  }

  /** The run ends here. */
  flush(): void {
    if (this.#ends.length === 0) return
    const digits = this.#digitsOf(0, this.#ends.length)
    if (digits >= this.#triggers.least) {
      if (!this.#isPartial) this.#offerWhole(digits)
      if (this.#isPartial || this.#ends.length > 1) this.#offerParts(0, this.#ends.length, digits)
    }
    this.#starts.length = 0
    this.#ends.length = 0
    this.#isPartial = false
  }

  #offerWhole(digits: number): void {
    const start = this.#starts[0] ?? 0
    const end = this.#ends.at(-1) ?? 0
    for (const listener of wanting(this.#triggers, digits)) this.#told(listener, start, end)
  }

  /** Parts that begin with the groups from `first` on, before `last`. */
  #offerParts(first: number, last: number, digits: number): void {
    for (const { listener, min, max } of this.#triggers.triggers) {
      if (!this.#isPartial && digits <= max) continue
      for (let group = first; group < last; group += 1) this.#offerFrom(group, listener, { min, max })
    }
  }

  #offerFrom(group: number, listener: number, { min, max }: { min: number; max: number }): void {
    let digits = 0
    let end = group
    for (; end < this.#ends.length; end += 1) {
      const more = digits + this.#digitsOf(end, end + 1)
      if (more > max) break
      digits = more
    }
    const isDense = digits >= (end - group) * LEAST_OF_GROUPS
    if (digits >= min && isDense) this.#told(listener, this.#starts[group] ?? 0, this.#ends[end - 1] ?? 0)
  }

  /** A run without end is held in part only. */
  #shorten(): void {
    this.#isPartial = true
    this.#offerParts(0, MOST_GROUPS / 2, Number.POSITIVE_INFINITY)
    this.#starts.splice(0, MOST_GROUPS / 2)
    this.#ends.splice(0, MOST_GROUPS / 2)
  }

  #digitsOf(first: number, last: number): number {
    let digits = 0
    for (let group = first; group < last; group += 1)
      digits += (this.#ends[group] ?? 0) - (this.#starts[group] ?? 0)
    return digits
  }
}

/** Digits of a group on average: rows of single digits are no numbers that go together. */
const LEAST_OF_GROUPS = 2

/** Twice as many as any number has. */
const MOST_GROUPS = 64
