import { RE2JS, RE2JSException, RE2Set } from 're2js'
import { isOfWholeText, neededText } from './needed-text.ts'
import { PatternFault } from './pattern-fault.ts'

/** The patterns of one policy by name, in RE2 syntax. */
export type PatternSource = { readonly policy: string; readonly patterns: Readonly<Record<string, string>> }

/**
 * One tenant pattern, ready. Names are scoped: `policy` and `name` together are unique, and another policy's rules never see it,
 * although the signal is `pattern.<name>` for every policy.
 */
export type TenantPattern = {
  readonly policy: string
  readonly name: string
  readonly signal: `pattern.${string}`
  /** instructions of its automaton: the work of one character is at most this many steps */
  readonly size: number
  /** locates it */
  readonly expression: RE2JS
  /** says whether it is in a text at all */
  readonly alone: RE2Set
  /** without it in a text, the pattern is not in it either; null where nothing is known */
  readonly needs: string | null
  /** where it is in a text, it is the whole of it */
  readonly isWhole: boolean
  /** the text that it was asked about last, and the answer */
  readonly last: { text: string | null; isIn: boolean }
}

/** Patterns that are looked for together, for one policy or for several that have the same; `patterns[i]` has number i in the set. */
export type PatternGroup = {
  readonly policies: readonly string[]
  readonly patterns: readonly TenantPattern[]
  readonly size: number
  readonly set: RE2Set
}

/** Patterns of several policies, in no order that matters. Immutable for its users; the automata inside grow up to a bound as they run. */
export type CompiledPatterns = {
  readonly groups: readonly PatternGroup[]
  /** by `<policy>/<name>` */
  readonly byName: ReadonlyMap<string, TenantPattern>
}

/**
 * Compiles the patterns of all policies of a bundle. re2js runs them in time linear in the text, whatever they are, and it refuses
 * repetitions that multiply beyond 1,000, backreferences and lookaround.
 * @returns the first fault, which names its policy and pattern; the same input always gives the same answer
 */
export function compilePatterns(sources: readonly PatternSource[]): CompiledPatterns | PatternFault {
  const groups = new Map<string, PatternGroup>()
  const byName = new Map<string, TenantPattern>()
  for (const { policy, patterns } of sources) {
    const compiled = compileAll(policy, patterns)
    if (compiled instanceof PatternFault) return compiled
    for (const pattern of compiled) byName.set(keyOf(policy, pattern.name), pattern)
    if (byName.size > MAX_PATTERNS) return new PatternFault(policy, null, TOO_MANY_IN_ALL)
    for (const members of grouped(compiled)) addGroup(groups, policy, members)
  }
  return { groups: [...groups.values()], byName }
}

/** What several policies look for is looked for once. */
function addGroup(
  groups: Map<string, PatternGroup>,
  policy: string,
  members: readonly TenantPattern[],
): void {
  const key = JSON.stringify(members.map(({ name, expression }) => [name, expression.pattern()]))
  const known = groups.get(key)
  groups.set(key, known ? { ...known, policies: [...known.policies, policy] } : groupOf(policy, members))
}

/** Those of some policies only, e.g. of the policies that apply to a caller: what is not asked for costs nothing. */
export const patternsOf = (compiled: CompiledPatterns, policies: ReadonlySet<string>): CompiledPatterns => ({
  groups: compiled.groups.flatMap((group) => {
    const wanted = group.policies.filter((policy) => policies.has(policy))
    return wanted.length === 0 ? [] : [{ ...group, policies: wanted }]
  }),
  byName: compiled.byName,
})

export const keyOf = (policy: string, name: string): string => `${policy}/${name}`

/** Of one policy; as in the contract. */
const MAX_PATTERNS_OF_POLICY = 64
/** Of one bundle: with MEMORY_OF_PATTERN it bounds what all automata of a tenant may hold, about 2 x 64 MB. */
const MAX_PATTERNS = 512
const MAX_LENGTH = 512
/** Instructions of a pattern, and of patterns that share a set. */
export const MAX_SIZE = 448
/**
 * Steps (characters times instructions) of one search that is not interrupted: up to 40 ns each where the automaton has to be built as it
 * runs (measured), so 16 ms at the very worst; 1 ns where it is built already, as in ordinary text.
 */
export const MAX_STEPS = 3 * 2 ** 17
/** A set of 32 exhausts the automaton's memory and falls to a two-hundredth of its speed; sets of 8 do not. */
const MAX_GROUP = 8
const MEMORY_OF_PATTERN = 128 * 1024
const TOO_MANY_IN_ALL = `the policies have more than ${MAX_PATTERNS} patterns in all`

function compileAll(policy: string, patterns: PatternSource['patterns']): TenantPattern[] | PatternFault {
  const entries = Object.entries(patterns)
  if (entries.length > MAX_PATTERNS_OF_POLICY)
    return new PatternFault(policy, null, `the policy has more than ${MAX_PATTERNS_OF_POLICY} patterns`)
  const compiled: TenantPattern[] = []
  for (const [name, source] of entries) {
    const pattern = compileOne(policy, name, source)
    if (pattern instanceof PatternFault) return pattern
    compiled.push(pattern)
  }
  return compiled
}

function compileOne(policy: string, name: string, source: string): TenantPattern | PatternFault {
  if (source.length > MAX_LENGTH)
    return new PatternFault(policy, name, `it has more than ${MAX_LENGTH} characters`)
  const expression = parse(source)
  if (typeof expression === 'string') return new PatternFault(policy, name, expression)
  const size = expression.programSize()
  if (size > MAX_SIZE)
    return new PatternFault(policy, name, `it compiles to ${size} steps, and at most ${MAX_SIZE} are allowed`)
  return {
    policy,
    name,
    signal: `pattern.${name}`,
    size,
    expression,
    alone: setOf([source]),
    needs: neededText(source),
    isWhole: isOfWholeText(source),
    last: { text: null, isIn: false },
  }
}

/** @returns why not, as the author of the pattern should read it */
function parse(source: string): RE2JS | string {
  try {
    return RE2JS.compile(source)
  } catch (thrown) {
    if (thrown instanceof RE2JSException) return thrown.message
    throw thrown
  }
}

/** Neighbours share a set as long as it stays small in members and in steps. */
function grouped(patterns: readonly TenantPattern[]): TenantPattern[][] {
  const groups: TenantPattern[][] = []
  let room = 0
  for (const pattern of patterns) {
    const last = groups.at(-1)
    if (last === undefined || last.length === MAX_GROUP || pattern.size > room) {
      groups.push([pattern])
      room = MAX_SIZE - pattern.size
    } else {
      last.push(pattern)
      room -= pattern.size
    }
  }
  return groups
}

const groupOf = (policy: string, patterns: readonly TenantPattern[]): PatternGroup => ({
  policies: [policy],
  patterns,
  size: patterns.reduce((sum, { size }) => sum + size, 0),
  set: setOf(patterns.map(({ expression }) => expression.pattern())),
})

function setOf(sources: readonly string[]): RE2Set {
  const set = new RE2Set(RE2Set.UNANCHORED, 0, MEMORY_OF_PATTERN * sources.length)
  for (const source of sources) set.add(source)
  set.compile()
  return set
}
