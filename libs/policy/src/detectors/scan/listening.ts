import type { Trigger } from '../recogniser.ts'
import { automatonOf } from './automaton.ts'
import type { Automaton } from './automaton.ts'

/** What the one pass over a text listens for, for all listeners together. A listener is known by its number, some of them by that of a list. */
export type Listening = {
  readonly automaton: Automaton
  /** of each list: the listeners; the first has none */
  readonly lists: readonly (readonly number[])[]
  /** of each literal: its list */
  readonly ofLiteral: Uint16Array
  readonly digits: RunListeners
  readonly mixed: RunListeners
  readonly long: RunListeners
}

/** Who takes parts of longer runs. @property list the list of this listener alone */
export type Parting = {
  readonly list: number
  readonly min: number
  readonly max: number
  readonly bit: number
}

/** Kinds of code units. */
export const DIGIT = 1
export const LETTER = 2
/** `_`, `+`, `=`, `-`, `/`: with digits and letters, what long runs are made of */
export const JOINER = 4

export const KINDS: Uint8Array = Uint8Array.from({ length: 0x10000 }, (_, code) =>
  code < 0x80 ? kindOf(String.fromCharCode(code)) : 0,
)

function kindOf(unit: string): number {
  if (/[0-9]/.test(unit)) return DIGIT
  if (/[A-Za-z]/.test(unit)) return LETTER
  return /[_+/=-]/.test(unit) ? JOINER : 0
}

/** May stand between two digits of a number: space, no-break space, `.`, `-`, `/`. */
export const isSeparator = (code: number): boolean =>
  code === 0x20 || code === 0xa0 || code === 0x2d || code === 0x2e || code === 0x2f

export function listeningOf(listeners: readonly (readonly Trigger[])[]): Listening {
  const lists = new Lists()
  const byLiteral = new Map<string, Set<number>>()
  for (const [listener, triggers] of listeners.entries()) {
    for (const trigger of triggers) {
      if (trigger.kind !== 'literal') continue
      byLiteral.set(trigger.literal, (byLiteral.get(trigger.literal) ?? new Set()).add(listener))
    }
  }
  return {
    automaton: automatonOf([...byLiteral.keys()], '0123456789'),
    lists: lists.all,
    ofLiteral: Uint16Array.from([...byLiteral.values()], (numbers) => lists.numberOf([...numbers])),
    digits: runsOf(listeners, 'digits', lists),
    mixed: runsOf(listeners, 'mixed', lists),
    long: runsOf(listeners, 'long', lists),
  }
}

type RunTrigger = Exclude<Trigger, { kind: 'literal' }>
type Wanted = RunTrigger & { readonly listener: number; readonly bit: number }

function runsOf(
  listeners: readonly (readonly Trigger[])[],
  kind: RunTrigger['kind'],
  lists: Lists,
): RunListeners {
  const triggers = listeners.flatMap((wanted, listener) =>
    wanted.flatMap((trigger) => (trigger.kind === kind ? [{ ...trigger, listener }] : [])),
  )
  return new RunListeners(triggers, lists)
}

/** Who wants a run, by its length and what stands beside it: most are too short for anyone, or stand among the wrong characters. */
export class RunListeners {
  /** the shortest run that anyone wants, wherever it stands */
  readonly least: number
  /** the longest */
  readonly most: number
  /** those that take longer runs in parts; the shortest parts first */
  readonly parting: readonly Parting[]
  /** of each code unit of ASCII: one bit for each set of characters that a listener wants beside a run */
  readonly #bits: Uint8Array
  /** by bits and length; runs of `#longest` and more have one list */
  readonly #lists: Uint16Array
  readonly #longest: number

  constructor(triggers: readonly (RunTrigger & { readonly listener: number })[], lists: Lists) {
    const besides = [...new Set(triggers.flatMap(({ beside }) => beside ?? []))]
    const wanted = triggers.map((trigger) => ({ ...trigger, bit: bitOf(besides, trigger.beside) }))
    this.least = Math.min(...triggers.map(({ min }) => min))
    this.most = Math.max(...triggers.map(({ max }) => max))
    this.parting = partingOf(wanted, lists)
    this.#longest = Math.max(...triggers.map(({ min, max }) => (isEndless(max) ? min : max + 1)))
    this.#bits = Uint8Array.from({ length: 0x80 }, (_, code) => bitsOf(besides, String.fromCharCode(code)))
    this.#lists = tableOf(wanted, { besides: besides.length, longest: this.#longest }, lists)
  }

  /** The list of those who want a run of this length at `[start, end)`; 0 where nobody does. */
  listFor(length: number, text: string, start: number, end: number): number {
    if (length < this.least) return 0
    const row = this.bitsBeside(text, start, end) * (this.#longest + 1)
    return this.#lists[row + (length < this.#longest ? length : this.#longest)] ?? 0
  }

  /** The bits of what stands right before and behind a run. */
  bitsBeside(text: string, start: number, end: number): number {
    return (this.#bits[text.charCodeAt(start - 1)] ?? 0) | (this.#bits[text.charCodeAt(end)] ?? 0)
  }
}

const partingOf = (wanted: readonly Wanted[], lists: Lists): readonly Parting[] =>
  wanted
    .filter(({ max }) => !isEndless(max))
    .map(({ listener, min, max, bit }) => ({ list: lists.numberOf([listener]), min, max, bit }))
    .toSorted((left, right) => left.max - right.max)

const isEndless = (max: number): boolean => max === Number.MAX_SAFE_INTEGER

/** 0 where it does not matter what stands there. */
const bitOf = (besides: readonly string[], beside: string | undefined): number =>
  beside === undefined ? 0 : 1 << besides.indexOf(beside)

const bitsOf = (besides: readonly string[], unit: string): number =>
  besides.reduce((bits, beside) => bits | (beside.includes(unit) ? bitOf(besides, beside) : 0), 0)

function tableOf(
  wanted: readonly Wanted[],
  { besides, longest }: { readonly besides: number; readonly longest: number },
  lists: Lists,
): Uint16Array {
  const row = longest + 1
  return Uint16Array.from({ length: row << besides }, (_, at) => {
    const bits = Math.floor(at / row)
    const length = at % row
    const takers = wanted.filter(
      ({ min, max, bit }) => min <= length && length <= max && (bit & bits) === bit,
    )
    return lists.numberOf([...new Set(takers.map(({ listener }) => listener))])
  })
}

/** Lists of listeners, each once. */
class Lists {
  readonly all: (readonly number[])[] = [[]]
  readonly #numbers = new Map<string, number>([['', 0]])

  numberOf(listeners: readonly number[]): number {
    const key = listeners.join(' ')
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.all.length)
    this.all.push(listeners)
    return this.all.length - 1
  }
}
