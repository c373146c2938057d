import { FOLDED, UNSEEN } from './alphabet.ts'
import type { Candidates } from './candidates.ts'
import { DigitRun } from './digit-run.ts'
import { DIGIT, JOINER, KINDS, LETTER } from './listening.ts'
import type { Listening, RunListeners } from './listening.ts'
import { MOST_UNITS, unitsOf } from './units.ts'

const MIXED = DIGIT | LETTER
const LONG = DIGIT | LETTER | JOINER
/** No place of any text. */
const NOWHERE = -1

/**
 * One pass over a stretch of a text, in as many pieces as the caller likes: the candidates do not depend on where it pauses. Each code unit
 * costs one step of the automaton, which stops only where a literal ends or a digit stands; runs are looked at from there. A run that goes
 * on beyond a piece stays open, so that millions of digits are no more work at once than anything else.
 */
export class TextScan {
  readonly #listening: Listening
  readonly #candidates: Candidates
  readonly #digits: DigitRun
  #text = ''
  #to = 0
  #at = 0
  /** where the present piece ends */
  #limit = 0
  #node = 0
  /** the last code unit that cannot be seen */
  #unseen = NOWHERE
  /** Before these places, runs are known already. */
  #digitsKnown = 0
  #mixedKnown = 0
  #longKnown = 0
  /** where the runs that are open began */
  #digitsOpen = NOWHERE
  #longOpen = NOWHERE
  /** the last run of letters and digits is longer than anyone wants, and may go on */
  #isMixedTooLong = false

  constructor(listening: Listening, candidates: Candidates) {
    this.#listening = listening
    this.#candidates = candidates
    this.#digits = new DigitRun(listening.digits, candidates)
  }

  /** What was passed over before is forgotten. */
  begin({ text, from, to }: Stretched): void {
    this.#text = text
    this.#to = to
    this.#at = from
    this.#node = 0
    this.#unseen = NOWHERE
    this.#digitsKnown = from
    this.#mixedKnown = from
    this.#longKnown = from
    this.#digitsOpen = NOWHERE
    this.#longOpen = NOWHERE
    this.#isMixedTooLong = false
    this.#digits.begin(text)
  }

  get at(): number {
    return this.#at
  }

  /** Passes over the code units up to `to`. */
  advance(to: number): void {
    while (this.#at < to) this.#passTo(Math.min(to, this.#at + MOST_UNITS))
    if (to === this.#to) this.#digits.flush()
  }

  #passTo(to: number): void {
    this.#limit = to
    if (this.#digitsOpen !== NOWHERE) this.#followDigits(this.#digitsOpen, this.#at)
    this.#step(this.#at, to)
    this.#longRuns(to)
    this.#at = to
  }

  #step(from: number, to: number): void {
    const { next, classes, shift } = this.#listening.automaton
    const units = unitsOf(this.#text, from, to)
    let node = this.#node
    for (let at = from; at < to; at += 1) {
      const unit = units[at - from] ?? 0
      node = next[(node << shift) | (classes[unit] ?? 0)] ?? 0
      if (node < 0) {
        node = ~node
        this.#stopAt(node, at, unit)
      }
    }
    this.#node = node
  }

  #stopAt(node: number, at: number, unit: number): void {
    const list = this.#listening.automaton.ends[node] ?? 0
    if (list !== 0) this.#literalsAt(list, at + 1)
    if (KINDS[unit] === DIGIT) {
      if (at >= this.#digitsKnown) this.#followDigits(at, at + 1)
    } else if (FOLDED[unit] === UNSEEN) this.#unseen = at
  }

  /** @param known up to where they are digits */
  #followDigits(start: number, known: number): void {
    const end = this.#endOf(known, DIGIT, this.#limit)
    const isOpen = this.#isOpen(end)
    this.#digitsKnown = end
    this.#digitsOpen = isOpen ? start : NOWHERE
    if (isOpen) return
    this.#digits.add(start, end)
    if (start >= this.#mixedKnown) this.#mixedAround(start, end)
  }

  /** Looks no farther than to know that a run is too long. What goes on from one that was is the same run. */
  #mixedAround(digitsStart: number, digitsEnd: number): void {
    const { mixed } = this.#listening
    const enough = mixed.most + 1
    const start = this.#startOf(digitsStart, Math.max(this.#mixedKnown, digitsStart - enough), MIXED)
    const end = this.#endOf(digitsEnd, MIXED, Math.min(this.#to, start + enough))
    const isSame = this.#isMixedTooLong && start === this.#mixedKnown
    this.#isMixedTooLong = isSame || end - start >= enough
    this.#mixedKnown = end
    if (this.#isMixedTooLong) return
    if (start !== digitsStart || end !== digitsEnd) this.#offer(mixed, start, end)
  }

  /**
   * A run as long as is wanted has a code unit at one of these places: the end of each stretch of that length which is not yet known to be
   * broken. Read backwards from there, the nearest break says where the next stretch may begin, so most code units are never looked at.
   */
  #longRuns(to: number): void {
    if (this.#longOpen !== NOWHERE) this.#followLong(this.#longOpen, this.#longKnown)
    const { least } = this.#listening.long
    for (let at = this.#longKnown + least - 1; at < to; at = this.#longKnown + least - 1) {
      const start = this.#startOf(at + 1, this.#longKnown, LONG)
      if (start > this.#longKnown) this.#longKnown = start
      else this.#followLong(start, at + 1)
    }
  }

  #followLong(start: number, known: number): void {
    const end = this.#endOf(known, LONG, this.#limit)
    const isOpen = this.#isOpen(end)
    this.#longOpen = isOpen ? start : NOWHERE
    this.#longKnown = isOpen ? end : end + 1
    if (!isOpen) this.#offer(this.#listening.long, start, end)
  }

  /** Whether a run that is known up to here may go on in the next piece. */
  #isOpen(end: number): boolean {
    return end === this.#limit && end < this.#to
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

  #endOf(at: number, kinds: number, to: number): number {
    const text = this.#text
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
    if (end - length > this.#unseen) return end - length
    let start = end
    for (let left = length; left > 0 && start > 0; start -= 1) {
      if (FOLDED[this.#text.charCodeAt(start - 1)] !== UNSEEN) left -= 1
    }
    return start
  }
}

type Stretched = { readonly text: string; readonly from: number; readonly to: number }
