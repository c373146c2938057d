import { FOLDED, UNSEEN } from './alphabet.ts'
import type { Candidates } from './candidates.ts'
import { DigitRun } from './digit-run.ts'
import { DIGIT, JOINER, KINDS, LETTER } from './listening.ts'
import type { Listening, RunListeners } from './listening.ts'
import { MOST_UNITS, unitsOf } from './units.ts'

const LONG = DIGIT | LETTER | JOINER

/**
 * One pass over a stretch of a text, in as many pieces as the caller likes: the candidates do not depend on where it pauses. Each code unit
 * costs one step of the automaton, which stops only where a literal ends or a digit stands; runs are looked at from there.
 */
export class TextScan {
  readonly #text: string
  readonly #to: number
  readonly #listening: Listening
  readonly #candidates: Candidates
  readonly #digits: DigitRun
  #at: number
  #node = 0
  /** Before these places, runs are known already. */
  #digitsKnown: number
  #mixedKnown: number
  /** where the last letters and digits began that end there: millions of them are not read twice */
  #mixedStart: number
  #longKnown: number

  constructor({ text, from, to }: Stretched, listening: Listening, candidates: Candidates) {
    this.#text = text
    this.#at = from
    this.#to = to
    this.#digitsKnown = from
    this.#mixedKnown = from
    this.#mixedStart = from
    this.#longKnown = from
    this.#listening = listening
    this.#candidates = candidates
    this.#digits = new DigitRun(text, listening.digits, candidates)
  }

  get at(): number {
    return this.#at
  }

  /** Passes over the code units up to `to`; a run that goes on beyond is followed to its end. */
  advance(to: number): void {
    for (let from = this.#at; from < to; from += MOST_UNITS) this.#step(from, Math.min(to, from + MOST_UNITS))
    this.#longRuns(to)
    this.#at = to
    if (to === this.#to) this.#digits.flush()
  }

  #step(from: number, to: number): void {
    const { next, classes, shift } = this.#listening.automaton
    const units = unitsOf(this.#text, from, to)
    let node = this.#node
    for (let at = from; at < to; at += 1) {
      node = next[(node << shift) | (classes[units[at - from] ?? 0] ?? 0)] ?? 0
      if (node < 0) {
        node = ~node
        this.#stopAt(node, at)
      }
    }
    this.#node = node
  }

  #stopAt(node: number, at: number): void {
    const list = this.#listening.automaton.ends[node] ?? 0
    if (list !== 0) this.#literalsAt(list, at + 1)
    if (at >= this.#digitsKnown && KINDS[this.#text.charCodeAt(at)] === DIGIT) this.#digitsFrom(at)
  }

  #digitsFrom(start: number): void {
    const end = this.#endOf(start, DIGIT)
    this.#digitsKnown = end
    this.#digits.add(start, end)
    if (start >= this.#mixedKnown) this.#mixedAround(start, end)
  }

  #mixedAround(digitsStart: number, digitsEnd: number): void {
    const start = this.#startOf(digitsStart, this.#mixedKnown, DIGIT | LETTER)
    const end = this.#endOf(digitsEnd, DIGIT | LETTER)
    this.#mixedStart = start
    this.#mixedKnown = end
    if (start !== digitsStart || end !== digitsEnd) this.#offer(this.#listening.mixed, start, end)
  }

  /**
   * A run as long as is wanted has a code unit at one of these places: the end of each stretch of that length which is not yet known to be
   * broken. Read backwards from there, the nearest break says where the next stretch may begin, so most code units are never looked at.
   */
  #longRuns(to: number): void {
    const { least } = this.#listening.long
    let at = this.#longKnown + least - 1
    while (at < to) {
      const start = this.#startOf(at + 1, this.#longKnown, LONG)
      if (start > this.#longKnown) this.#longKnown = start
      else this.#longFrom(start, at + 1)
      at = this.#longKnown + least - 1
    }
  }

  #longFrom(start: number, known: number): void {
    const end = this.#endOf(this.#mixedStart <= known ? Math.max(known, this.#mixedKnown) : known, LONG)
    this.#longKnown = end + 1
    this.#offer(this.#listening.long, start, end)
  }

  #offer(listeners: RunListeners, start: number, end: number): void {
    const list = listeners.listFor(end - start, this.#text, start, end)
    if (list !== 0) this.#candidates.add(list, start, end)
  }

  #startOf(at: number, from: number, kinds: number): number {
    const text = this.#text
    let start = at
    while (start > from && ((KINDS[text.charCodeAt(start - 1)] ?? 0) & kinds) !== 0) start -= 1
    return start
  }

  #endOf(at: number, kinds: number): number {
    const text = this.#text
    const to = this.#to
    let end = at
    while (end < to && ((KINDS[text.charCodeAt(end)] ?? 0) & kinds) !== 0) end += 1
    return end
  }

  /** @param list where it begins in `found` */
  #literalsAt(list: number, end: number): void {
    const { automaton, ofLiteral } = this.#listening
    const { found } = automaton
    const last = list + 2 * (found[list] ?? 0)
    for (let at = list + 1; at < last; at += 2) {
      const start = this.#beginningOf(end, found[at + 1] ?? 0)
      this.#candidates.add(ofLiteral[found[at] ?? 0] ?? 0, start, end)
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
