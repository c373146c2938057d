import type { Trigger } from '../recogniser.ts'
import { automatonOf } from './automaton.ts'
import type { Automaton } from './automaton.ts'

/** What the one pass over a text listens for, for all listeners together. A listener is known by its number. */
export type Listening = {
  readonly automaton: Automaton
  /** of each literal: the numbers of its listeners */
  readonly ofLiteral: readonly (readonly number[])[]
  readonly digits: RunTriggers
  readonly mixed: RunTriggers
  readonly long: RunTriggers
  /** of each code unit: its column in the automaton, and above that `DIGIT`, `LETTER` or `JOINER` */
  readonly units: Uint16Array
}

/** Runs by length: most are too short for any listener. */
export type RunTriggers = {
  readonly triggers: readonly RunTrigger[]
  readonly least: number
  /** listeners of a run of that many, up to `TABLED` */
  readonly byLength: readonly (readonly number[])[]
}
type RunTrigger = { readonly listener: number; readonly min: number; readonly max: number }

export const COLUMN = 0xff
export const DIGIT = 0x100
export const LETTER = 0x200
/** `_`, `+`, `=`, `-`, `/`: with digits and letters, what long runs are made of */
export const JOINER = 0x400

const TABLED = 128

export function listeningOf(listeners: readonly (readonly Trigger[])[]): Listening {
  const byLiteral = new Map<string, Set<number>>()
  for (const [listener, triggers] of listeners.entries()) {
    for (const trigger of triggers) {
      if (trigger.kind !== 'literal') continue
      byLiteral.set(trigger.literal, (byLiteral.get(trigger.literal) ?? new Set()).add(listener))
    }
  }
  const automaton = automatonOf([...byLiteral.keys()])
  return {
    automaton,
    ofLiteral: [...byLiteral.values()].map((numbers) => [...numbers]),
    digits: runsOf(listeners, 'digits'),
    mixed: runsOf(listeners, 'mixed'),
    long: runsOf(listeners, 'long'),
    units: Uint16Array.from(automaton.classes, (column, code) => column | kindOf(code)),
  }
}

/** Numbers of the listeners that want a run of this length. */
export function wanting(runs: RunTriggers, length: number): readonly number[] {
  if (length < runs.least) return NONE
  return runs.byLength[length] ?? listenersFor(runs.triggers, length)
}

const NONE: readonly number[] = []

function runsOf(listeners: readonly (readonly Trigger[])[], kind: 'digits' | 'mixed' | 'long'): RunTriggers {
  const triggers = listeners.flatMap((wanted, listener) =>
    wanted.flatMap((trigger) =>
      trigger.kind === kind ? [{ listener, min: trigger.min, max: trigger.max }] : [],
    ),
  )
  return {
    triggers,
    least: Math.min(...triggers.map((trigger) => trigger.min)),
    byLength: Array.from({ length: TABLED }, (_, length) => listenersFor(triggers, length)),
  }
}

const listenersFor = (triggers: readonly RunTrigger[], length: number): readonly number[] => [
  ...new Set(
    triggers.filter(({ min, max }) => min <= length && length <= max).map(({ listener }) => listener),
  ),
]

function kindOf(code: number): number {
  const unit = String.fromCharCode(code)
  if (/[0-9]/.test(unit)) return DIGIT
  if (/[A-Za-z]/.test(unit)) return LETTER
  return /[_+/=-]/.test(unit) ? JOINER : 0
}

/** May stand between two digits of a number: space, no-break space, `.`, `-`, `/`. */
export const isSeparator = (code: number): boolean =>
  code === 0x20 || code === 0xa0 || code === 0x2d || code === 0x2e || code === 0x2f
