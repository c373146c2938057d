import { FOLDED, UNSEEN } from './alphabet.ts'
import { DigitRun } from './digit-run.ts'
import { COLUMN, DIGIT, JOINER, LETTER, wanting } from './listening.ts'
import type { Listening } from './listening.ts'

const LONG = DIGIT | LETTER | JOINER

/** Told of each candidate: the number of the listener, and where the candidate stands. */
export type Told = (listener: number, start: number, end: number) => void

/**
 * One pass over a stretch of a text, in as many pieces as the caller likes: the candidates do not depend on where it pauses. Each code unit
 * costs one step of the automaton; runs of digits are looked at where a digit stands, and long runs are found by a look at every so many.
 */
export class TextScan {
  readonly #text: string
  readonly #to: number
  readonly #listening: Listening
  readonly #told: Told
  readonly #digits: DigitRun
  #at: number
  #node = 0
  /** Before these places, runs are known already. */
  #digitsKnown: number
  #mixedKnown: number
  #longKnown: number

  constructor({ text, from, to }: Stretched, listening: Listening, told: Told) {
    this.#text = text
    this.#at = from
    this.#to = to
    this.#digitsKnown = from
    this.#mixedKnown = from
    this.#longKnown = from
    this.#listening = listening
    this.#told = told
    this.#digits = new DigitRun(text, listening.digits, told)
  }

  get at(): number {
    return this.#at
  }

  /** Passes over the code units up to `to`; a run that goes on beyond is followed to its end. */
  advance(to: number): void {
    const text = this.#text
    const { units, automaton } = this.#listening
    const { next } = automaton
    let node = this.#node
    let digitsKnown = this.#digitsKnown
    for (let at = this.#at; at < to; at += 1) {
      const unit = units[text.charCodeAt(at)] ?? 0
      node = next[node | (unit & COLUMN)] ?? 0
      if (node < 0) {
        node = ~node
        this.#literalsAt(node, at + 1)
      }
      if ((unit & DIGIT) !== 0 && at >= digitsKnown) digitsKnown = this.#digitAt(at)
    }
    this.#node = node
    this.#digitsKnown = digitsKnown
    this.#longRuns(to)
    this.#at = to
    if (to === this.#to) this.#digits.flush()
  }

  /** @returns the end of the digits that begin here */
  #digitAt(start: number): number {
    const end = this.#endOf(start, DIGIT)
    this.#digits.add(start, end)
    if (start >= this.#mixedKnown) this.#mixedAround(start, end)
    return end
  }

  #mixedAround(digitsStart: number, digitsEnd: number): void {
    const start = this.#startOf(digitsStart, this.#mixedKnown, DIGIT | LETTER)
    const end = this.#endOf(digitsEnd, DIGIT | LETTER)
    this.#mixedKnown = end
    if (start === digitsStart && end === digitsEnd) return
    for (const listener of wanting(this.#listening.mixed, end - start)) this.#told(listener, start, end)
  }

  /** A run as long as is wanted has a code unit at one of these places. */
  #longRuns(to: number): void {
    const { long, units } = this.#listening
    let at = this.#longKnown + long.least - 1
    for (; at < to; at = this.#longKnown + long.least - 1) {
      const unit = units[this.#text.charCodeAt(at)] ?? 0
      if ((unit & LONG) !== 0) this.#longAround(at)
      else this.#longKnown = at + 1
    }
  }

  #longAround(at: number): void {
    const start = this.#startOf(at, this.#longKnown, LONG)
    const end = this.#endOf(at, LONG)
    this.#longKnown = end + 1
    for (const listener of wanting(this.#listening.long, end - start)) this.#told(listener, start, end)
  }

  #startOf(at: number, from: number, kinds: number): number {
    const { units } = this.#listening
    let start = at
    while (start > from && ((units[this.#text.charCodeAt(start - 1)] ?? 0) & kinds) !== 0) start -= 1
    return start
  }

  #endOf(at: number, kinds: number): number {
    const { units } = this.#listening
    let end = at
    while (end < this.#to && ((units[this.#text.charCodeAt(end)] ?? 0) & kinds) !== 0) end += 1
    return end
  }

  #literalsAt(node: number, end: number): void {
    const { automaton, ofLiteral } = this.#listening
    const { found, ends, shift } = automaton
    const list = ends[node >> shift] ?? 0
    const last = list + 2 * (found[list] ?? 0)
    for (let at = list + 1; at < last; at += 2) {
      const start = this.#beginningOf(end, found[at + 1] ?? 0)
      for (const listener of ofLiteral[found[at] ?? 0] ?? []) this.#told(listener, start, end)
    }
  }

  /** What cannot be seen does not count towards the literal's length. */
  #beginningOf(end: number, length: number): number {
    let start = end
    for (let left = length; left > 0 && start > 0; start -= 1) {
      if (FOLDED[this.#text.charCodeAt(start - 1)] !== UNSEEN) left -= 1
    }
    return start
  }
}

type Stretched = { readonly text: string; readonly from: number; readonly to: number }
