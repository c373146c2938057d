// oxlint-disable typescript/no-unsafe-type-assertion, complexity -- plain on purpose: this file is read against the semantics, line by line
import type {
  BundlePolicy,
  Comparison,
  Condition,
  Decision,
  Json,
  Question,
  Rewriting,
  Rule,
} from '@writ/contracts'
import type { PolicySettings } from './compile.ts'
import type { Given } from './decide.ts'
import { SIGNALS } from './detectors/signals.ts'
import type { Sighting } from './detectors/sighting.ts'
import { RuleFault } from './rule-fault.ts'
import { amountOf } from './session/amount.ts'
import { foldValue } from './session/fold.ts'
import { foldSpecOf } from './session/plan.ts'
import { provenanceOfTree } from './session/provenance.ts'

/**
 * A second, slow and plain reading of the same semantics, for the equivalence property only. It shares nothing with the engine but what
 * other parts own (the memory of sessions): it interprets the document anew for each question, with 1, 0 and 1/2 for true, false and fault.
 */
type Answer = 0 | 0.5 | 1

export type Slow = Omit<Decision, 'matches'> & { readonly matches: readonly string[] }
type World = {
  readonly question: Question
  readonly given: Given
  readonly policy: BundlePolicy
  /** null: not inspected whole */
  readonly signals: readonly string[] | null
}
type Hit = { rule: Rule; acts: boolean; errored: boolean; paints: [Sighting, Rewriting][] }

export function decideSlowly(
  policies: readonly BundlePolicy[],
  { groups, overrides }: PolicySettings,
  question: Question,
  given: Given,
): Slow {
  const found = given.inspection?.fault === null ? given.inspection.sightings : null
  const matches = new Set<string>()
  const hits: Hit[] = []
  for (const policy of policies) {
    if (!policy.groups.some((group) => question.groups.includes(group))) continue
    const signals = found && namesOf(found.filter((one) => isSeenBy(policy, one)))
    for (const rule of policy.document.rules) {
      if (!rule.on.includes(question.direction)) continue
      if (rule.channels && !rule.channels.includes(question.channel)) continue
      let answer = ruleAnswer(rule, { question, given, policy, signals })
      const paints: Hit['paints'] = []
      for (const one of found ?? []) {
        const rewriting = isSeenBy(policy, one) ? rewritingFor(rule, one.signal) : undefined
        if (rewriting !== undefined) paints.push([one, rewriting])
      }
      if (answer === 1 && rule.effect === 'modify' && found === null) answer = 0.5
      const isBarred = ([one]: [Sighting, Rewriting]) =>
        one.place !== 'text' || shields(given.protectedPointers ?? [], one.path)
      if (answer === 1 && paints.some(isBarred)) answer = 0.5
      if (answer === 0) continue
      const override = overrides
        .filter((one) => one.policy === policy.id && one.rule === rule.id)
        .filter((one) => question.nowMs < new Date(one.until).getTime())
        .filter((one) => fits(one.resource, question.action.resource))
        .filter((one) =>
          [
            question.agent.id,
            question.human.id,
            ...question.chain.map(({ id }) => id),
            ...question.groups,
          ].includes(one.principal),
        )
        .map(({ id }) => id)
        .sort()[0]
      matches.add(`${policy.id} ${rule.id} ${answer === 0.5} ${override ?? '-'}`)
      const acts = policy.document.mode === 'enforce' && override === undefined
      hits.push({ rule, acts, errored: answer === 0.5, paints: answer === 1 ? paints : [] })
    }
  }
  return conclude(hits, matches, { groups, question, signals: found === null ? [] : namesOf(found) })
}

const namesOf = (found: readonly Sighting[]): string[] =>
  [...new Set(found.map(({ signal }) => signal))].sort()

const isSeenBy = ({ id, document }: BundlePolicy, one: Sighting & { readonly policy?: string }): boolean =>
  !one.signal.startsWith('pattern.') ||
  (one.signal.slice(8) in (document.patterns ?? {}) && (one.policy === undefined || one.policy === id))

function conclude(
  hits: readonly Hit[],
  matches: ReadonlySet<string>,
  {
    groups,
    question,
    signals,
  }: Pick<PolicySettings, 'groups'> & { question: Question; signals: readonly string[] },
): Slow {
  const acting = hits.filter(({ acts }) => acts)
  const sound = acting.filter(({ errored }) => !errored)
  const has = (effect: string) => sound.some(({ rule }) => rule.effect === effect)
  const broken = acting.some(({ rule, errored }) => errored && !['flag', 'allow'].includes(rule.effect))
  let outcome: Decision['outcome'] = 'allow'
  if (has('ask')) outcome = 'ask'
  if (has('deny') || broken) outcome = 'deny'
  if (has('abort')) outcome = 'abort'
  const denies = groups.filter((group) => group.default === 'deny').map(({ id }) => id as string)
  const byDefault =
    (outcome === 'allow' || outcome === 'ask') &&
    question.direction === 'outbound' &&
    !passesByDefault(question) &&
    question.groups.some((group) => denies.includes(group)) &&
    !has('allow')
  if (byDefault) outcome = 'deny'
  const paints: Paints = new Map()
  for (const hit of sound) for (const [one, way] of hit.paints) paint(paints, question.content, one, way)
  const isLetOut = outcome === 'allow' || outcome === 'ask'
  const content = isLetOut ? painted(question.content, '', paints) : question.content
  const modified = JSON.stringify(content) !== JSON.stringify(question.content)
  const asks = sound.flatMap(({ rule }) =>
    rule.effect === 'ask' ? [rule.ask ?? { ttl: '15m' as const }] : [],
  )
  return {
    outcome,
    byDefault,
    matches: [...matches].sort(),
    signals,
    modified,
    content: modified ? content : question.content,
    labels: [...new Set(sound.flatMap(({ rule }) => rule.labels?.add ?? []))].sort(),
    ask:
      outcome === 'ask'
        ? {
            ttlSeconds: Math.min(...asks.map((ask) => seconds(ask.ttl))),
            waitSeconds: Math.min(
              ...asks.map((ask: { wait?: string | undefined }) => (ask.wait ? seconds(ask.wait) : 0)),
            ),
          }
        : null,
  }
}

const passesByDefault = ({ action, content }: Question): boolean =>
  action.method === 'response'
    ? JSON.stringify(content) === '{}'
    : /^(?:initialize|ping|server\/discover|(?:tools|prompts|resources|resources\/templates)\/list|http\/(?:get|delete)|notifications\/(?:initialized|cancelled|roots\/list_changed))$/.test(
        action.method,
      )

const seconds = (text: string): number =>
  Number.parseInt(text, 10) * (text.endsWith('h') ? 3600 : text.endsWith('m') ? 60 : 1)

function ruleAnswer(rule: Rule, world: World): Answer {
  const names = Object.keys(world.policy.document.patterns ?? {}).map((name) => `pattern.${name}`)
  const faulty = [rule.when, ...(rule.unless ? [rule.unless] : [])].some((part) => cannotCompile(part, names))
  const strange = Object.keys(rule.modify ?? {}).some(
    (pattern) => ![...SIGNALS, ...names].some((signal) => fits(pattern, signal)),
  )
  if (faulty || strange) return 0.5
  const exception = rule.unless ? conditionAnswer(rule.unless, world) : 0
  return Math.min(conditionAnswer(rule.when, world), 1 - exception) as Answer
}

function conditionAnswer(condition: Condition, world: World): Answer {
  if ('all' in condition)
    return Math.min(1, ...condition.all.map((part) => conditionAnswer(part, world))) as Answer
  if ('any' in condition)
    return Math.max(0, ...condition.any.map((part) => conditionAnswer(part, world))) as Answer
  if ('not' in condition) return (1 - conditionAnswer(condition.not, world)) as Answer
  if (!('path' in condition)) return foldAnswer(condition, world)
  if (condition.op === 'ne') return (1 - leafAnswer({ ...condition, op: 'eq' }, world)) as Answer
  return leafAnswer(condition, world)
}

function foldAnswer(
  condition: Exclude<Condition, { all: unknown } | { any: unknown } | { not: unknown } | Comparison>,
  world: World,
): Answer {
  const { question, given } = world
  const spec = foldSpecOf(condition)
  if (spec instanceof RuleFault || question.session.state === null) return 0.5
  const past = foldValue(question.session.state, spec, { ...question, keys: given.keys })
  const { plus = 0 } = condition
  const read = typeof plus === 'number' ? plus : valueAt(world, plus)
  if (read === FAULT) return 0.5
  const share = typeof plus === 'number' ? plus : amountOf(read)
  if (past instanceof RuleFault || share instanceof RuleFault) return 0.5
  return comparisonAnswer(condition.op, past + share, condition.value)
}

function leafAnswer(condition: Comparison, world: World): Answer {
  const { path, op, to, required = false } = condition
  // signals are found in the content and are no member of it
  if (op === 'exists' && required && path !== 'content.signals') {
    const steps = stepsOf(path)
    if (['args', 'content'].includes(steps[0] as string) && steps.length > 1) {
      const record = valueOf(world, steps.slice(0, -1))
      if (
        typeof record !== 'object' ||
        record === null ||
        Array.isArray(record) ||
        throughLists(world, steps)
      )
        return 0.5
      return yes(Object.hasOwn(record, steps.at(-1) as string) === condition.value)
    }
  }
  const value = valueAt(world, path)
  const wanted = to === undefined ? condition.value : valueAt(world, to)
  if (value === FAULT || wanted === FAULT) return 0.5
  if (op === 'exists') return yes((value !== undefined) === wanted)
  if (required && [value, to === undefined ? true : wanted].some((one) => one === undefined || one === null))
    return 0.5
  if (required && [path, ...(to === undefined ? [] : [to])].some((one) => throughLists(world, stepsOf(one))))
    return 0.5
  if (value === undefined || wanted === undefined) return 0
  if (op === 'matches') {
    const pattern = new RegExp(world.policy.document.patterns?.[wanted as string] ?? '')
    const each = isStarred(path) ? (value as Json[]) : [value]
    const answers = each.map((one): Answer =>
      one === null ? 0 : typeof one === 'string' ? yes(pattern.test(one)) : 0.5,
    )
    return Math.max(0, ...answers) as Answer
  }
  if (required) {
    if (op === 'eq' && isTree(value) !== isTree(wanted)) return 0
    if (op === 'in' && isTree(value)) return Array.isArray(wanted) ? 0 : 0.5
    if (isOnLists(op) && !Array.isArray(value)) return 0.5
  }
  if (refuses(op, wanted)) return 0.5
  if (!isStarred(path) || isOnLists(op)) return comparisonAnswer(op, value, wanted)
  return Math.max(0, ...(value as Json[]).map((item) => comparisonAnswer(op, item, wanted))) as Answer
}

const isStarred = (path: string): boolean => stepsOf(path).includes(STAR)
const isOnLists = (op: string): boolean => op.startsWith('has') || op === 'subsetOf'
const isTree = (one: Json): boolean => typeof one === 'object' && one !== null
const yes = (fact: boolean): Answer => (fact ? 1 : 0)

function comparisonAnswer(op: string, value: Json, wanted: Json): Answer {
  if (op === 'eq' || op === 'in') {
    if (isTree(value)) return 0.5
    return yes((op === 'in' ? (wanted as Json[]) : [wanted]).some((one) => one === value))
  }
  if (isOnLists(op)) {
    if (isTree(value) && !Array.isArray(value)) return 0.5
    const list = (Array.isArray(value) ? value : [value]) as Json[]
    const many = op === 'has' ? [wanted] : (wanted as Json[])
    if (op === 'subsetOf') return yes(list.every((one) => many.includes(one)))
    return yes(
      op === 'hasAll' ? many.every((one) => list.includes(one)) : many.some((one) => list.includes(one)),
    )
  }
  if (value === null) return 0
  if (op === 'cidr') return cidrAnswer(value, [wanted].flat() as string[])
  if (typeof value !== typeof wanted) return 0.5
  if (op === 'before' || op === 'after') {
    if (!INSTANT.test(value as string)) return 0.5
    const order = new Date(value as string).getTime() - new Date(wanted as string).getTime()
    return yes(op === 'before' ? order < 0 : order > 0)
  }
  return yes(ordinary[op]?.(value as string, wanted as string) ?? false)
}

/** As the generated questions write them. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/

/** Ranges of IPv4, by arithmetic; an IPv6 address is in one only where it is the IPv4-mapped one of RFC 4291, section 2.5.5.2. */
function cidrAnswer(value: Json, ranges: readonly string[]): Answer {
  if (typeof value !== 'string') return 0.5
  const isSix = value.includes(':')
  if (!isSix && !/(?:^|\.)\d+$/.test(value)) return 0
  const address = isSix ? mappedNumber(value) : addressNumber(value)
  if (address === null) return 0.5
  return yes(
    ranges.some((range) => {
      const [start = '', bits = '32'] = range.split('/')
      const size = 2 ** (32 - Number(bits))
      return Math.floor(address / size) === Math.floor((addressNumber(start) ?? -1) / size)
    }),
  )
}

/** As the generated questions write them, without dots: below zero where it is no mapped address, null where it is none at all. */
function mappedNumber(text: string): number | null {
  if (!/^(?:[\da-f]{1,4}(?::|::|$)|::)*$/.test(text) || text.split('::').length > 2) return null
  const [head = [], tail] = text.split('::').map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length
  const groups = [...head, ...Array.from({ length: zeros }, () => '0'), ...(tail ?? [])]
  const numbers = groups.map((group) => Number.parseInt(group, 16))
  const isMapped = numbers.slice(0, 5).every((group) => group === 0) && numbers[5] === 0xffff
  return isMapped ? (numbers[6] ?? 0) * 65_536 + (numbers[7] ?? 0) : -1
}

function addressNumber(text: string): number | null {
  const bytes = text.split('.').map(Number)
  if (bytes.length !== 4 || bytes.some((byte) => !(byte >= 0 && byte <= 255))) return null
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0)
}

const isScalar = (one: Json | undefined): boolean => typeof one !== 'object' || one === null

/** Operands that an operator cannot take. */
function refuses(op: string, wanted: Json | undefined): boolean {
  if (wanted === undefined) return true
  if (op === 'eq' || op === 'ne' || op === 'has') return !isScalar(wanted)
  if (['in', 'hasAny', 'hasAll', 'subsetOf'].includes(op))
    return !Array.isArray(wanted) || !(wanted as Json[]).every(isScalar)
  if (op.startsWith('gt') || op.startsWith('lt'))
    return typeof wanted !== 'string' && typeof wanted !== 'number'
  if (op === 'before' || op === 'after') return typeof wanted !== 'string' || !INSTANT.test(wanted)
  if (op === 'cidr')
    return ![wanted].flat().every((one) => typeof one === 'string' && /^\d+(?:\.\d+){3}(?:\/\d+)?$/.test(one))
  return typeof wanted !== 'string'
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

const STAR = Symbol('star')
const FAULT = Symbol('fault')
type Step = string | typeof STAR

function stepsOf(path: string): Step[] {
  return [...path.matchAll(/(?:^|\.)([^.[]+)|\["((?:[^"\\]|\\.)*)"\]/g)].map(([, plain, quoted]) =>
    plain === '*' ? STAR : (plain ?? quoted ?? ''),
  )
}

function valueAt(world: World, path: string): Json | undefined | typeof FAULT {
  if (path === 'content.signals') return world.signals ?? FAULT
  return valueOf(world, stepsOf(path))
}

function valueOf(
  { question, given }: World,
  [root, ...steps]: readonly Step[],
): Json | undefined | typeof FAULT {
  const { session, chain, action, nowMs } = question
  if (root === 'provenance') {
    const value = below(question.args, steps)
    if (value === undefined || value === FAULT) return value
    if (session.state === null || given.keys === null) return FAULT
    return provenanceOfTree(session.state, value, given.keys)
  }
  if (root === 'session' && steps[0] !== 'id') {
    if (session.state === null) return FAULT
    const ageSeconds = Math.floor((nowMs - session.state.startedAtMs) / 1000)
    return ({ ...session.state, ageSeconds } as Record<string, Json>)[steps[0] as string]
  }
  const world: Record<string, unknown> = {
    ...question,
    chain: {
      ids: chain.map(({ id }) => id),
      names: chain.map(({ name }) => name),
      groups: [...new Set(chain.flatMap(({ groups }) => groups))],
    },
    resource: { id: action.resource },
    env: { now: new Date(nowMs).toISOString() },
  }
  return below(world[root as string], steps)
}

function below(tree: unknown, [step, ...rest]: readonly Step[]): Json | undefined | typeof FAULT {
  if (step === undefined || tree === undefined) return tree as Json | undefined
  if (step === STAR) {
    const items = typeof tree === 'object' && tree !== null ? Object.values(tree) : [tree]
    const found = items.map((item) => below(item, rest) ?? null)
    if (found.includes(FAULT)) return FAULT
    const list = (rest.includes(STAR) ? found.flat() : found) as Json[]
    return list.length > 1000 ? FAULT : list
  }
  if (typeof tree !== 'object' || tree === null) return undefined
  const own = new Map(Object.entries(tree))
  return own.has(step) ? below(own.get(step), rest) : undefined
}

/** A `required` path may not step into a list. */
function throughLists({ question }: World, [root, ...steps]: readonly Step[]): boolean {
  if (root !== 'args' && root !== 'content') return false
  let tree: Json | undefined = question[root]
  return steps.some((step) => {
    if (Array.isArray(tree)) return true
    tree = below(tree, [step]) as Json | undefined
    return false
  })
}

const ENDS: Record<string, readonly string[]> = {
  agent: ['id', 'name', 'groups'],
  human: ['id', 'name', 'groups'],
  chain: ['ids', 'names', 'groups'],
  session: ['id', 'labels', 'calls', 'denials', 'ageSeconds'],
  connection: ['id', 'name', 'trust'],
  action: ['method', 'tool', 'class', 'classSource'],
  resource: ['id', 'host', 'hosts', 'contact', 'provenance'],
  env: ['now'],
}

const ONLY: Record<string, readonly string[]> = {
  'action.class': [
    'read.public',
    'read.private',
    'read.untrusted',
    'write.local',
    'write.shared',
    'sink.external',
    'exec',
    'money',
    'destructive',
    'admin',
    'credential',
  ],
  'action.classSource': ['admin', 'catalogue', 'annotation', 'inferred', 'default'],
  channel: ['gateway', 'hooks'],
  direction: ['outbound', 'inbound'],
  'tool.pin': ['approved', 'new', 'changed', 'unknown'],
  'connection.trust': ['internal', 'external'],
  'content.signals': SIGNALS,
  provenance: ['user', 'admin', 'private', 'trusted', 'untrusted', 'model'],
  'provenance.gone': ['user', 'admin', 'private', 'trusted', 'untrusted', 'model'],
  'provenance.a': ['user', 'admin', 'private', 'trusted', 'untrusted', 'model'],
}

const TO =
  'eq ne in gt gte lt lte has hasAny hasAll subsetOf startsWith endsWith contains before after'.split(' ')

function isPath(path: string): boolean {
  const [root = '', ...steps] = stepsOf(path)
  if (!/^[^.[]+(?:\.[^.[\]"]+|\["(?:[^"\\]|\\.)*"\])*$/.test(path)) return false
  if (path === 'channel' || path === 'direction' || path === 'tool.pin') return true
  if (root === 'tool') return steps[0] === 'annotations' && steps.length > 1
  const ends = ENDS[root as string]
  return ends === undefined || (steps.length === 1 && ends.includes(steps[0] as string))
}

function cannotCompile(condition: Condition, patterns: readonly string[]): boolean {
  if ('all' in condition) return condition.all.some((part) => cannotCompile(part, patterns))
  if ('any' in condition) return condition.any.some((part) => cannotCompile(part, patterns))
  if ('not' in condition) return cannotCompile(condition.not, patterns)
  if (!('path' in condition)) {
    const isSumOfOther = 'sum' in condition && !/^args[.[]/.test(condition.sum)
    return isSumOfOther || (typeof condition.plus === 'string' && !isPath(condition.plus))
  }
  const { path, op, value, to, required } = condition
  if (!isPath(path) || (to !== undefined && !isPath(to))) return true
  if (required && [path, to ?? ''].some(isStarred)) return true
  if (op === 'exists') return typeof value !== 'boolean'
  if (to !== undefined) return !TO.includes(op)
  if (op === 'matches') return !patterns.includes(`pattern.${String(value)}`)
  const words = path === 'content.signals' ? [...SIGNALS, ...patterns] : ONLY[path]
  if (words !== undefined && ['eq', 'ne', 'in', 'has', 'hasAny', 'hasAll', 'subsetOf'].includes(op))
    if ([value ?? null].flat().some((word) => !words.includes(String(word)))) return true
  return refuses(op, value)
}

type Paints = Map<string, { text: string; marks: Paint[][] }>

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
  const text = below(content, steps) as string
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
  const at = (key: string) => `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [key, painted(value, at(key), paints)]),
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
