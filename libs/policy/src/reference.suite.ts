// oxlint-disable typescript/no-unsafe-type-assertion, complexity -- plain on purpose: this file is read against the semantics, line by line
import type {
  BundlePolicy,
  Condition,
  Decision,
  Json,
  Question,
  Rewriting,
  Rule,
  RuleMatch,
} from '@writ/contracts'
import { detect } from './detectors/detect.ts'
import { SIGNALS } from './detectors/signals.ts'
import { RuleFault } from './rule-fault.ts'

/**
 * A second, slow and plain reading of the same semantics, for the equivalence property only. It shares nothing with the engine but
 * the detectors: it interprets the document anew for each question, with 1, 0 and 1/2 for true, false and fault.
 */
type Answer = 0 | 0.5 | 1

export function decideSlowly(
  policies: readonly BundlePolicy[],
  question: Question,
  protectedPointers: readonly string[],
): Pick<Decision, 'outcome' | 'modified' | 'content'> & { matches: string[] } {
  const found = detect(question.content)
  if (found instanceof RuleFault) throw new Error('the reference is for small questions')
  const signals = SIGNALS.filter((signal) => found.some((one) => one.signal === signal))
  const matches = new Set<string>()
  const paints = new Map<string, { text: string; marks: Paint[][] }>()
  let outcome: Decision['outcome'] = 'allow'
  for (const { id, groups, document } of policies) {
    if (!groups.some((group) => question.groups.includes(group))) continue
    for (const rule of document.rules) {
      if (!rule.on.includes(question.direction)) continue
      let answer = ruleAnswer(rule, question, signals)
      const covered = found.filter((one) => rewritingFor(rule, one.signal) !== undefined)
      if (answer === 1 && covered.some((one) => one.place !== 'text' || shields(protectedPointers, one.path)))
        answer = 0.5
      if (answer === 0) continue
      matches.add(`${id} ${rule.id} ${answer === 0.5}`)
      if (document.mode === 'shadow') continue
      outcome = stricter(outcome, answer === 0.5 && rule.effect !== 'flag' ? 'deny' : outcomeFor(rule.effect))
      if (answer === 1)
        for (const one of covered)
          paint(paints, question.content, one, rewritingFor(rule, one.signal) ?? 'drop')
    }
  }
  const content = outcome === 'deny' ? question.content : painted(question.content, '', paints)
  const modified = JSON.stringify(content) !== JSON.stringify(question.content)
  return { outcome, modified, content, matches: [...matches].sort() }
}

const outcomeFor = (effect: RuleMatch['effect']): Decision['outcome'] =>
  effect === 'deny' || effect === 'ask' ? effect : 'allow'

const stricter = (left: Decision['outcome'], right: Decision['outcome']): Decision['outcome'] => {
  if (left === 'deny' || right === 'deny') return 'deny'
  return left === 'ask' || right === 'ask' ? 'ask' : 'allow'
}

function ruleAnswer(rule: Rule, question: Question, signals: readonly string[]): Answer {
  const faulty = [rule.when, ...(rule.unless ? [rule.unless] : [])].some(cannotCompile)
  const strange = Object.keys(rule.modify ?? {}).some(
    (pattern) => !SIGNALS.some((signal) => fits(pattern, signal)),
  )
  if (faulty || strange) return 0.5
  const facts = { ...question, content: question.content, signals }
  const exception = rule.unless ? conditionAnswer(rule.unless, facts) : 0
  return Math.min(conditionAnswer(rule.when, facts), 1 - exception) as Answer
}

type Everything = Question & { readonly signals: readonly string[] }

function conditionAnswer(condition: Condition, facts: Everything): Answer {
  if ('all' in condition)
    return Math.min(1, ...condition.all.map((part) => conditionAnswer(part, facts))) as Answer
  if ('any' in condition)
    return Math.max(0, ...condition.any.map((part) => conditionAnswer(part, facts))) as Answer
  if ('not' in condition) return (1 - conditionAnswer(condition.not, facts)) as Answer
  const { path, op, value: wanted } = condition
  const value = path === 'content.signals' ? facts.signals : valueAt(facts, path.split('.'))
  if (op === 'exists') return (value !== undefined) === wanted ? 1 : 0
  if (value === undefined) return op === 'ne' ? 1 : 0
  return comparisonAnswer(op, value, wanted)
}

const yes = (fact: boolean): Answer => (fact ? 1 : 0)

function comparisonAnswer(op: string, value: Json, wanted: Json): Answer {
  const isTree = typeof value === 'object' && value !== null
  if (op === 'eq' || op === 'ne' || op === 'in') {
    if (isTree) return 0.5
    const equal = (op === 'in' ? (wanted as Json[]) : [wanted]).some((one) => one === value)
    return yes(op === 'ne' ? !equal : equal)
  }
  if (op.startsWith('has')) {
    if (isTree && !Array.isArray(value)) return 0.5
    const list = [value].flat() as Json[]
    const many = op === 'has' ? [wanted] : (wanted as Json[])
    return yes(
      op === 'hasAll' ? many.every((one) => list.includes(one)) : many.some((one) => list.includes(one)),
    )
  }
  if (value === null) return 0
  if (typeof value !== typeof wanted) return 0.5
  return yes(ordinary[op]?.(value as string, wanted as string) ?? false)
}

const ordinary: Record<string, (value: string, wanted: string) => boolean> = {
  gt: (value, wanted) => value > wanted,
  gte: (value, wanted) => value >= wanted,
  lt: (value, wanted) => value < wanted,
  lte: (value, wanted) => value <= wanted,
  startsWith: (value, wanted) => value.slice(0, wanted.length) === wanted,
  endsWith: (value, wanted) =>
    wanted === '' || (value.length >= wanted.length && value.slice(-wanted.length) === wanted),
  contains: (value, wanted) => value.split(wanted).length > 1 || wanted === '',
  glob: (value, wanted) => fits(wanted, value),
}

/** Textbook recursion over pattern and text. */
function fits(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern.startsWith('\\*')) return text.startsWith('*') && fits(pattern.slice(2), text.slice(1))
  if (pattern.startsWith('*'))
    return fits(pattern.slice(1), text) || (text !== '' && fits(pattern, text.slice(1)))
  return pattern[0] === text[0] && fits(pattern.slice(1), text.slice(1))
}

function valueAt(tree: unknown, steps: readonly string[]): Json | undefined {
  const [step, ...rest] = steps
  if (step === undefined) return tree as Json
  if (typeof tree !== 'object' || tree === null) return undefined
  const own = new Map(Object.entries(tree))
  return own.has(step) ? valueAt(own.get(step), rest) : undefined
}

const ENDS: Record<string, readonly string[]> = {
  agent: ['id', 'name', 'groups'],
  human: ['id', 'name', 'groups'],
  session: ['id'],
  connection: ['id', 'name'],
  action: ['method', 'tool', 'class', 'classSource', 'resource'],
}

const ONLY: Record<string, readonly string[]> = {
  'action.class': ['read', 'write', 'delete', 'execute', 'send', 'spend', 'administer'],
  'action.classSource': ['admin', 'catalogue', 'annotation', 'inferred', 'default'],
  channel: ['gateway', 'hooks'],
  direction: ['outbound', 'inbound'],
  'content.signals': SIGNALS,
}

function cannotCompile(condition: Condition): boolean {
  if ('all' in condition) return condition.all.some(cannotCompile)
  if ('any' in condition) return condition.any.some(cannotCompile)
  if ('not' in condition) return cannotCompile(condition.not)
  const { path, op, value } = condition
  const [root = '', ...steps] = path.split('.')
  const ends = ENDS[root]
  if (ends !== undefined && (steps.length !== 1 || !ends.includes(steps[0] ?? ''))) return true
  const words = ONLY[path]
  if (words !== undefined && ['eq', 'ne', 'in', 'has', 'hasAny', 'hasAll'].includes(op))
    if ([value].flat().some((word) => !words.includes(String(word)))) return true
  if (op === 'exists') return typeof value !== 'boolean'
  if (op === 'in' || op === 'hasAny' || op === 'hasAll') return !Array.isArray(value)
  if (op === 'eq' || op === 'ne' || op === 'has') return Array.isArray(value)
  if (op.startsWith('gt') || op.startsWith('lt'))
    return typeof value !== 'string' && typeof value !== 'number'
  return typeof value !== 'string'
}

const size = (pattern: string): number => pattern.replaceAll('*', '').length

function rewritingFor(rule: Rule, signal: string): Rewriting | undefined {
  const fitting = Object.entries(rule.modify ?? {}).filter(([pattern]) => fits(pattern, signal))
  return fitting.sort(([left], [right]) => size(right) - size(left) || (left > right ? -1 : 1))[0]?.[1]
}

const shields = (pointers: readonly string[], path: string): boolean =>
  pointers.some((pointer) => new RegExp(`^${pointer.replaceAll('*', '[^/]*')}(?:/|$)`).test(path))

type Paint = {
  readonly from: number
  readonly until: number
  readonly signal: string
  readonly rewriting: Rewriting
}

function paint(
  paints: Map<string, { text: string; marks: Paint[][] }>,
  content: Json,
  one: { path: string; start: number; end: number; signal: string },
  rewriting: Rewriting,
): void {
  const steps = one.path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const text = valueAt(content, steps) as string
  const leaf = paints.get(one.path) ?? { text, marks: Array.from(text, () => []) }
  leaf.marks = leaf.marks.length === text.length ? leaf.marks : Array.from({ length: text.length }, () => [])
  for (let at = one.start; at < one.end; at += 1)
    leaf.marks[at]?.push({ from: one.start, until: one.end, signal: one.signal, rewriting })
  paints.set(one.path, leaf)
}

function painted(
  tree: Json,
  path: string,
  paints: ReadonlyMap<string, { text: string; marks: Paint[][] }>,
): Json {
  const leaf = paints.get(path)
  if (leaf !== undefined) return rewritten(leaf.text, leaf.marks)
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree)) return tree.map((item: Json, at) => painted(item, `${path}/${at}`, paints))
  const below = (key: string) => `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [key, painted(value, below(key), paints)]),
  )
}

/** Character by character: a stretch goes on while some mark reaches over the border between two characters. */
function rewritten(text: string, marks: readonly Paint[][]): string {
  let out = ''
  for (let at = 0; at < text.length;) {
    if (marks[at]?.length === 0) {
      out += text[at]
      at += 1
      continue
    }
    let end = at + 1
    while (end < text.length && marks[end]?.some((mark) => mark.from < end && mark.from >= at)) end += 1
    const all = marks.slice(at, end).flat()
    out += stretch(text.slice(at, end), all)
    at = end
  }
  return out
}

function stretch(text: string, marks: readonly Paint[]): string {
  if (marks.some((mark) => mark.rewriting === 'drop')) return ''
  if (marks.some((mark) => mark.rewriting === 'mask')) {
    const letters = Array.from(text).filter((character) => /[\p{L}\p{N}]/u.test(character)).length
    let seen = 0
    return Array.from(text, (character) => {
      if (!/[\p{L}\p{N}]/u.test(character)) return character
      seen += 1
      return letters >= 8 && seen > letters - 4 ? character : '*'
    }).join('')
  }
  const widest = [...marks].sort(
    (left, right) =>
      right.until - right.from - (left.until - left.from) || (left.signal < right.signal ? -1 : 1),
  )
  return `[${(widest[0]?.signal.split('.').at(-1) ?? '').toUpperCase()}]`
}
