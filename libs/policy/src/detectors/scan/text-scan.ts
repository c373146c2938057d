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
const ASCII = 0x80
/** Code units of a half that is worth a lane of its own. */
const WORTH_TWO = 64

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
  /** all code units so far, or-ed */
  #units = 0
  /** of the second half of a piece: pairs of a node and its place in the piece */
  readonly #laterStops: number[] = []
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
    this.#units = 0
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

  /** Whether all that was passed over is ASCII. */
  get isAscii(): boolean {
    return this.#units < 0x80
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
    const units = unitsOf(this.#text, from, to)
    const half = Math.floor((to - from) / 2)
    const middle = half < WORTH_TWO ? NOWHERE : this.#nodeAt(half, units)
    if (middle === NOWHERE) this.#inOneLane(from, units, { first: 0, last: to - from })
    else {
      this.#inTwoLanes(from, units, { half, middle })
      this.#inOneLane(from, units, { first: 2 * half, last: to - from })
    }
  }

  #inOneLane(from: number, units: Uint16Array, { first, last }: Lane): void {
    const { next, classes, shift } = this.#listening.automaton
    let node = this.#node
    let all = this.#units
    for (let at = first; at < last; at += 1) {
      const unit = units[at] ?? 0
      all |= unit
      node = next[(node << shift) | (classes[unit] ?? 0)] ?? 0
      if (node < 0) {
        node = ~node
        this.#stopAt(node, from + at, unit)
      }
    }
    this.#node = node
    this.#units = all
  }

  /** The node before a place, whatever stood long before it; `NOWHERE` where that is not so plain. */
  #nodeAt(place: number, units: Uint16Array): number {
    const { next, classes, shift, longest } = this.#listening.automaton
    let node = 0
    for (let at = place - longest; at < place; at += 1) {
      const unit = units[at] ?? ASCII
      if (unit >= ASCII) return NOWHERE
      node = next[(node << shift) | (classes[unit] ?? 0)] ?? 0
      if (node < 0) node = ~node
    }
    return node
  }

  /** Both halves side by side: each step waits for the one before, so the processor does two in the time of one. */
  #inTwoLanes(from: number, units: Uint16Array, { half, middle }: Halves): void {
    const { next, classes, shift } = this.#listening.automaton
    const stops = this.#laterStops
    let node = this.#node
    let later = middle
    let all = this.#units
    for (let at = 0, beside = half; at < half; at += 1, beside += 1) {
      const unit = units[at] ?? 0
      const other = units[beside] ?? 0
      all |= unit | other
      node = next[(node << shift) | (classes[unit] ?? 0)] ?? 0
      later = next[(later << shift) | (classes[other] ?? 0)] ?? 0
      if (node < 0) {
        node = ~node
        this.#stopAt(node, from + at, unit)
      }
      if (later < 0) {
        later = ~later
        stops.push(later, beside)
      }
    }
    this.#node = later
    this.#units = all
    this.#stopLater(from, units)
  }

  #stopLater(from: number, units: Uint16Array): void {
    const stops = this.#laterStops
    for (let at = 0; at < stops.length; at += 2) {
      const place = stops[at + 1] ?? 0
      this.#stopAt(stops[at] ?? 0, from + place, units[place] ?? 0)
    }
    stops.length = 0
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

type Lane = { readonly first: number; readonly last: number }
type Halves = { readonly half: number; readonly middle: number }
type Stretched = { readonly text: string; readonly from: number; readonly to: number }
