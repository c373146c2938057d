import type { Comparison, Json, Operator } from '@writ/contracts'
import { Provenance } from '@writ/contracts'
import { SIGNALS } from './detectors/signals.ts'
import { READS } from './facts.ts'
import type { Facts } from './facts.ts'
import { WORDS } from './fields.ts'
import { isScalar, matcherOf } from './match.ts'
import type { Matcher } from './match.ts'
import { isList } from './path.ts'
import { keyOf } from './patterns/compile-patterns.ts'
import type { CompiledPatterns } from './patterns/compile-patterns.ts'
import { matchesPattern } from './patterns/matches-pattern.ts'
import type { PathReader } from './reader.ts'
import type { Readers } from './readers.ts'
import { RuleFault } from './rule-fault.ts'
import type { Truth } from './rule-fault.ts'

/** One condition, ready to be asked. */
export type Test = (facts: Facts) => Truth

/** The smallest part of a condition. `cost` only puts the cheap ones first; nothing else depends on it. */
export type Leaf = {
  readonly reads: number
  readonly cost: number
  readonly test: Test
  /** where there is nothing at its path the answer is false, whatever it asks; left out where that is not so */
  readonly reader?: PathReader
  /** without it in the text at its path the answer is false as well */
  readonly beginning?: string | null
}

/** The policy that a condition stands in, because its patterns are its own. */
export type Scope = {
  readonly policy: string
  readonly patterns: CompiledPatterns | null
  /** names of the policy's patterns */
  readonly names: ReadonlySet<string>
  /** shared by all policies of the bundle */
  readonly readers: Readers
}

/**
 * Compiles one comparison but `ne`, which is exactly "not eq". Where there is no value at the path the answer is false, but `exists`
 * answers what it is asked. On a path with `*`, operators that compare one value ask whether some item is what is wanted, and the
 * operators on lists see the list of all.
 * @returns a fault when the path, the operator and the operand do not go together
 */
export function compileComparison(comparison: Comparison, scope: Scope): Leaf | RuleFault {
  const reader = readerIn(comparison.path, comparison, scope)
  if (reader instanceof RuleFault) return reader
  if (comparison.op === 'exists') return existence(comparison, reader)
  if (comparison.to !== undefined) return compileTo(comparison, reader, scope)
  const stray = strayWordIn(comparison, scope)
  if (stray !== undefined) return new RuleFault(`${comparison.path} is never ${JSON.stringify(stray)}`)
  return comparison.op === 'matches'
    ? compileMatches(comparison, reader, scope)
    : compileWith(comparison, reader)
}

const TOO_MUCH = new RuleFault('there is too much to compare')

function existence({ value: wanted }: Comparison, { read, reads }: PathReader): Leaf | RuleFault {
  if (typeof wanted !== 'boolean') return new RuleFault('exists takes true or false')
  const test: Test = (facts) => {
    const value = read(facts)
    return value instanceof RuleFault ? value : (value !== undefined) === wanted
  }
  return { reads, cost: costOf('exists', reads), test }
}

function compileWith(comparison: Comparison, reader: PathReader): Leaf | RuleFault {
  const { path, op, value: operand } = comparison
  const matcher = isPlain(op) && operand !== undefined ? matcherOf(op, operand) : null
  if (matcher === null) return new RuleFault(`${op} cannot take the value given for ${path}`)
  const holds = matcherFor(comparison, reader, matcher)
  const { read, reads } = reader
  const [most, isByLength] = chargeOf(op, operand)
  const misfit = misfitOf(path, op)
  const test: Test = (facts) => {
    const value = read(facts)
    if (value === undefined) return false
    if (typeof value === 'object' && value instanceof RuleFault) return value
    const units = isByLength || typeof value === 'object' ? sizeOf(value) : most
    return facts.work.take(units) ? (holds(value) ?? misfit) : TOO_MUCH
  }
  return { reads, cost: costOf(op, reads), test, reader, beginning: beginningOf(op, operand) }
}

/** Looking for so few characters never takes longer than reading the text. */
const SHORT = 8

const beginningOf = (op: Operator, operand: Json | undefined): string | null =>
  op === 'contains' && typeof operand === 'string' ? operand.slice(0, SHORT) : null

const WITH_PATH: ReadonlySet<Operator> = new Set<Operator>([
  ...(['eq', 'in', 'gt', 'gte', 'lt', 'lte', 'has', 'hasAny', 'hasAll', 'subsetOf'] as const),
  ...(['startsWith', 'endsWith', 'contains', 'before', 'after'] as const),
])

/** What the other path has is not known before it is read, so its type may be a fault of its own. */
function compileTo(comparison: Comparison, left: PathReader, scope: Scope): Leaf | RuleFault {
  const { path, op, to = '' } = comparison
  const right = readerIn(to, comparison, scope)
  if (right instanceof RuleFault) return right
  if (!WITH_PATH.has(op) || !isPlain(op)) return new RuleFault(`${op} does not compare with another path`)
  const misfit = misfitOf(`${path} and ${to}`, op)
  const test: Test = (facts) => {
    const [value, operand] = [left.read(facts), right.read(facts)]
    if (value instanceof RuleFault) return value
    if (operand instanceof RuleFault) return operand
    if (value === undefined || operand === undefined) return false
    if (!facts.work.take(sizeOf(value) + sizeOf(operand))) return TOO_MUCH
    const matcher = matcherOf(op, operand)
    if (matcher !== null) return matcherFor(comparison, left, matcher)(value) ?? misfit
    return isUnequalAtAll(comparison, value) ? false : misfit
  }
  const reads = left.reads | right.reads
  return { reads, cost: 2 * costOf(op, reads), test }
}

/** What one step of a pattern's automaton takes at worst, in units of work. */
const COST_OF_STEP = 4

function compileMatches(
  { path, value: name }: Comparison,
  reader: PathReader,
  scope: Scope,
): Leaf | RuleFault {
  const pattern = scope.patterns?.byName.get(keyOf(scope.policy, String(name)))
  const { patterns } = scope
  if (pattern === undefined || patterns === null)
    return new RuleFault(`the policy has no pattern ${String(name)}`)
  const one = (value: Json, facts: Facts): Truth | null => {
    if (typeof value !== 'string') return value === null ? false : null
    if (!facts.work.take(COST_OF_LEAF + value.length * pattern.size * COST_OF_STEP)) return TOO_MUCH
    return matchesPattern(patterns, scope.policy, pattern.name, value)
  }
  const misfit = misfitOf(path, 'matches')
  const test: Test = (facts) => {
    const value = reader.read(facts)
    if (value === undefined || value instanceof RuleFault) return value ?? false
    const items = reader.isMany && isList(value) ? value : [value]
    return someTruth(items.map((item) => one(item, facts) ?? misfit))
  }
  return { reads: reader.reads, cost: costOf('matches', reader.reads), test, reader }
}

const isPlain = (op: Operator): op is Exclude<Operator, 'ne' | 'exists' | 'matches'> =>
  op !== 'ne' && op !== 'exists' && op !== 'matches'

const ON_LISTS: ReadonlySet<Operator> = new Set<Operator>(['has', 'hasAny', 'hasAll', 'subsetOf'])

/** On a path with `*` a question about one value is asked of each; a `required` comparison takes lists and scalars for what they are. */
function matcherFor({ op, required }: Comparison, { isMany }: PathReader, matcher: Matcher): Matcher {
  if (required !== true) return isMany && !ON_LISTS.has(op) ? someItem(matcher) : matcher
  if (ON_LISTS.has(op)) return (value) => (isList(value) ? matcher(value) : null)
  if (op !== 'eq' && op !== 'in') return matcher
  return (value) => (isScalar(value) ? matcher(value) : false)
}

/** Strictly read, a list or a record is merely unequal to a scalar. */
const isUnequalAtAll = ({ op, required }: Comparison, value: Json): boolean =>
  required === true && op === 'eq' && isScalar(value)

const misfitOf = (path: string, op: Operator): RuleFault =>
  new RuleFault(`the value of ${path} is of a type that ${op} cannot judge`)

/** As `any` would say: true as soon as one is, else not to be judged as soon as one is not. */
function someItem(holds: Matcher): Matcher {
  return (list) => {
    let answer: boolean | null = false
    for (const item of isList(list) ? list : [list]) {
      const fits = holds(item)
      if (fits === true) return true
      if (fits === null) answer = null
    }
    return answer
  }
}

const someTruth = (truths: readonly Truth[]): Truth =>
  truths.includes(true) ? true : (truths.find((truth) => truth instanceof RuleFault) ?? false)

/** Of an asking, whatever is asked; so that the number of leaves is bounded as well. */
const COST_OF_LEAF = 8
const COST_OF_ITEM = 8

/**
 * Units for the characters that may be looked at, about 5 ns each at worst: at most so many, or by the length of what is read. A list is
 * always charged by what is in it.
 */
function chargeOf(op: Operator, operand: Json | undefined): readonly [most: number, isByLength: boolean] {
  const most = COST_OF_LEAF + (typeof operand === 'string' ? operand.length >> 4 : 0)
  return [most, op === 'contains' || op === 'glob']
}

export function sizeOf(value: Json): number {
  if (typeof value === 'string') return COST_OF_LEAF + value.length
  if (isScalar(value) || !isList(value)) return COST_OF_LEAF
  let size = COST_OF_LEAF + value.length * COST_OF_ITEM
  for (const item of value) if (typeof item === 'string') size += item.length >> 2
  return size
}

const COSTS: Readonly<Partial<Record<Operator, number>>> = {
  contains: 8,
  glob: 6,
  hasAny: 6,
  hasAll: 8,
  subsetOf: 6,
  cidr: 20,
  before: 10,
  after: 10,
  matches: 100,
}

function costOf(op: Operator, reads: number): number {
  const reading = (reads & READS.session) > 0 && (reads & READS.args) > 0 ? 500 : reads === 0 ? 0 : 1
  return (COSTS[op] ?? 2) + reading + ((reads & READS.clock) > 0 ? 10 : 0)
}

const BY_WORD: ReadonlySet<Operator> = new Set<Operator>(['eq', 'in', 'has', 'hasAny', 'hasAll', 'subsetOf'])

/** A word that never stands at a path is a misspelt one. */
function strayWordIn({ path, op, value: operand }: Comparison, scope: Scope): Json | undefined {
  const words = wordsAt(path, scope)
  if (words === undefined || !BY_WORD.has(op)) return undefined
  return [operand ?? null].flat().find((word) => typeof word !== 'string' || !words.has(word))
}

const WORD_SETS = new Map([...WORDS].map(([path, words]) => [path, new Set<string>(words)] as const))
const SIGNAL_SET: ReadonlySet<string> = new Set<string>(SIGNALS)
const SOURCES: ReadonlySet<string> = new Set<string>(Provenance.options)

function wordsAt(path: string, scope: Scope): ReadonlySet<string> | undefined {
  if (path.startsWith('provenance') || path === 'resource.provenance') return SOURCES
  if (path !== 'content.signals') return WORD_SETS.get(path)
  return scope.names.size === 0 ? SIGNAL_SET : new Set([...SIGNAL_SET, ...signalsOfPatterns(scope)])
}

export const signalsOfPatterns = ({ names }: Scope): readonly string[] =>
  [...names].map((name) => `pattern.${name}`)

/** A policy sees the signals of its own patterns and of no other's. */
function readerIn(path: string, comparison: Comparison, scope: Scope): PathReader | RuleFault {
  if (path !== 'content.signals' || !readsOwnPatterns(comparison, scope))
    return comparison.required === true ? scope.readers.strict(path, comparison.op) : scope.readers.of(path)
  return {
    reads: READS.signals,
    isMany: false,
    read: ({ signals }) =>
      signals instanceof RuleFault ? signals : (signals.byPolicy.get(scope.policy) ?? signals.plain),
  }
}

const ABOUT_NAMED: ReadonlySet<Operator> = new Set<Operator>(['has', 'hasAny', 'hasAll'])

/** Then it means something else in another policy, and must not be taken for the same. */
export function readsOwnPatterns(
  { path, op, value, to }: Comparison,
  { names }: Pick<Scope, 'names'>,
): boolean {
  if (op === 'matches') return true
  if (names.size === 0 || (path !== 'content.signals' && to !== 'content.signals')) return false
  const isAboutOthers = to === undefined && ABOUT_NAMED.has(op)
  return !isAboutOthers || [value ?? null].flat().some((word) => String(word).startsWith('pattern.'))
}
