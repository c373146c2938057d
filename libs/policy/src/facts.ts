import type { Json, Question } from '@writ/contracts'
import type { ContentKeys } from './modify/content-keys.ts'
import type { RuleFault } from './rule-fault.ts'
import type { Work } from './work.ts'

/** What a condition may look at, and the work that looking may take. */
export type Facts = {
  readonly question: Question
  /** a fault where the content was not inspected, or not whole */
  readonly signals: Signals | RuleFault
  readonly keys: ContentKeys | null
  readonly work: Work
  /** what was read in this asking, by the place that `Readers` gave each path */
  readonly values: (Json | undefined | RuleFault | typeof UNREAD)[]
  /** the parts of the question that are known, as bits of `READS` */
  readonly known: number
  /** one number for each asking, so that what was remembered for another is never taken for this one */
  readonly generation: number
}

/** Signals of the content, sorted and without duplicates. */
export type Signals = {
  /** what every policy sees */
  readonly plain: readonly string[]
  /** for policies of which a pattern was found: what they see */
  readonly byPolicy: ReadonlyMap<string, readonly string[]>
}

export const UNREAD: unique symbol = Symbol('not read yet')

/** Reads one value; `undefined` means that there is none. */
export type Reader = (facts: Facts) => Json | undefined | RuleFault

/**
 * The parts of a question, as bits. What is none of these (direction, channel, method, tool, class, connection) is static: a connection's
 * tool always has the same, so rules that can never match it are left out beforehand.
 */
export const READS = {
  caller: 1,
  resource: 2,
  session: 4,
  args: 8,
  content: 16,
  signals: 32,
  clock: 64,
  /** not the question: the keys of the tenant */
  keys: 128,
} as const

export const READS_NOTHING = 0
export const READS_ALL = 255
