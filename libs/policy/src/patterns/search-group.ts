import type { CompiledPatterns, PatternGroup } from './compile-patterns.ts'

/**
 * False: none of the patterns is in the text, which was not searched for that. It takes a millisecond or so at most: of a long text only
 * the beginnings of what the patterns need are looked for, and where that were too much nothing is.
 */
export function mayHoldAny({ groups }: CompiledPatterns, text: string): boolean {
  if (text.length <= SHORT_TEXT) return groups.some((group) => mayHold(group, text))
  const patterns = groups.reduce((sum, group) => sum + group.patterns.length, 0)
  return patterns * text.length > MOST_LOOKS || groups.some((group) => mayBegin(group, text))
}

const SHORT_TEXT = 4 * 1024
const MOST_LOOKS = 512 * 1024
const BEGINNING = 8

const mayBegin = ({ patterns }: PatternGroup, text: string): boolean =>
  patterns.some(({ needs }) => needs === null || text.includes(needs.slice(0, BEGINNING)))

const mayHold = ({ patterns }: PatternGroup, text: string): boolean =>
  patterns.some(({ needs }) => needs === null || text.includes(needs))

/** Which patterns of a group are in a text, by number, and what finding that out took, in steps. */
export type GroupSearch = { readonly present: readonly number[]; readonly steps: number }

/**
 * re2js builds the states of an automaton as texts ask for them. In ordinary text they are soon all there, and a character costs the same
 * whatever the patterns. When they do not fit into the memory of the set it forgets them all and begins again, or goes without: then a
 * character costs as much as the patterns have instructions. A mark among what is forgotten tells the two apart.
 */
export function searchGroup(group: PatternGroup, text: string): GroupSearch {
  if (!mayHold(group, text)) return { present: NONE, steps: COST_OF_SEARCH }
  const { set, size } = group
  const remembered = set.dfa.startStates
  remembered.set(MARK, null)
  const present = set.match(text)
  const isRebuilt = !remembered.has(MARK)
  return { present, steps: COST_OF_SEARCH + text.length * (isRebuilt ? size : COST_OF_CHARACTER) }
}

const NONE: readonly number[] = []

/** Its own keys are numbers. */
const MARK = 'mark'
/** A step takes up to 40 ns, and a character that meets no new state about 15 ns. */
const COST_OF_CHARACTER = 0.5
const COST_OF_SEARCH = 50
