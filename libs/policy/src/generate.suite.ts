import { Buffer } from 'node:buffer'
import type {
  BundlePolicy,
  Condition,
  Json,
  JsonObject,
  Operand,
  Operator,
  Question,
  Rule,
} from '@writ/contracts'
import type { PolicySettings } from './compile.ts'
import type { Given } from './decide.ts'
import type { Sighting } from './detectors/sighting.ts'
import {
  agentOf,
  group,
  groupOf,
  humanOf,
  NOW,
  policy,
  policyOf,
  question,
  rule,
  session,
  ulid,
} from './given.suite.ts'
import { RuleFault } from './rule-fault.ts'
import { foldSpecOf } from './session/plan.ts'
import { slotOf } from './session/slots.ts'

/** Reproducible policies and questions that meet at their borders: equal numbers, exact windows, empty lists, members that are missing. */
export class Dice {
  readonly #state = new Int32Array(1)

  constructor(seed: number) {
    this.#state[0] = seed
  }

  /** mulberry32 */
  below(most: number): number {
    const state = ((this.#state[0] ?? 0) + 0x6d2b79f5) | 0
    this.#state[0] = state
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most
  }

  is(oneIn: number): boolean {
    return this.below(oneIn) === 0
  }

  one<T>(list: readonly T[]): T {
    const at = this.below(list.length)
    for (const item of list.slice(at, at + 1)) return item
    throw new RangeError('there is nothing to choose from')
  }

  some<T>(list: readonly T[]): T[] {
    return list.filter(() => this.is(2))
  }

  many<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make)
  }
}

const MAIL = 'me@example.com'
const TEXTS = ['', 'a', 'aa', 'ab', 'b*', 'release/x', 'Ana', 'x'.repeat(9), MAIL, 'write.shared', 'gateway']
const SPECIAL = [
  '10.0.0.1',
  '10.1.2.3',
  '10.0.0.300',
  '2026-01-01T00:00:00.000Z',
  '2026-01-02T00:00:00Z',
  'ORD-12',
]
const NUMBERS = [-1, 0, 1, 2, 60, 2 ** 53]
const RANGES = ['10.0.0.0/8', '10.0.0.1', '10.0.0.1/32', '0.0.0.0/0', '10.0.0.0/16']
const SIGNALS_MET = ['pii.email', 'pii.card', 'inj.override', 'pattern.order']
const LABELS = ['untrusted', 'private', 'seen']

const PATHS = [
  'args.a',
  'args.a',
  'args.list',
  'args.list.0',
  'args.list.*',
  'args.tree',
  'args.tree.a',
  'args.gone',
  'args.items.*.n',
  'args.items.*',
  'args["a.b"]',
  'args.__proto__.x',
  'args.constructor',
  'args',
  'args.*',
  'action.class',
  'action.tool',
  'action.method',
  'agent.groups',
  'agent.name',
  'human.name',
  'chain.names',
  'session.labels',
  'session.calls',
  'session.ageSeconds',
  'session.id',
  'connection.trust',
  'tool.pin',
  'tool.annotations.readOnlyHint',
  'resource.id',
  'channel',
  'direction',
  'content.signals',
  'env.now',
  'content.arguments.a',
  'content',
  'provenance.gone',
  'provenance.a',
  'provenance',
]
/** Paths that no question has. */
const WRONG_PATHS = ['agent.nmae', 'session.gone', 'tool.annotations', 'action.resource', 'args.a[0]']
const OPERATORS: readonly Operator[] = [
  ...(['eq', 'ne', 'in', 'gt', 'gte', 'lt', 'lte', 'startsWith', 'endsWith', 'contains', 'glob'] as const),
  ...(['has', 'hasAny', 'hasAll', 'subsetOf', 'cidr', 'before', 'after', 'exists', 'matches'] as const),
]
const ON_LISTS: readonly Operator[] = ['in', 'hasAny', 'hasAll', 'subsetOf']

const scalarOf = (dice: Dice): string | number | boolean | null =>
  dice.one([dice.one(TEXTS), dice.one(TEXTS), dice.one(NUMBERS), dice.one(SPECIAL), dice.is(2), null])

const WORDS: Readonly<Record<string, readonly string[]>> = {
  'action.class': ['write.shared', 'money'],
  'content.signals': SIGNALS_MET,
  'connection.trust': ['internal', 'external'],
  'tool.pin': ['approved', 'changed'],
  'session.labels': LABELS,
  'agent.groups': [groupOf(1), groupOf(2)],
  channel: ['gateway', 'hooks'],
  direction: ['outbound', 'inbound'],
  'human.name': ['Ana', 'Bo'],
  'action.tool': ['push_files', 'pay'],
  'action.method': ['tools/call'],
  'chain.names': ['Ana', 'robot'],
  'provenance.gone': ['model', 'user'],
  'provenance.a': ['model', 'untrusted'],
  provenance: ['model', 'untrusted'],
}

function operandOf(dice: Dice, path: string, op: Operator): Operand {
  const draw = OPERANDS[op]
  if (draw !== undefined) return draw(dice)
  const words = WORDS[path]
  const one = () => (words !== undefined && !dice.is(20) ? dice.one(words) : scalarOf(dice))
  if (dice.is(25)) return dice.is(2) ? [one()] : one()
  const fitting = LIKELY[op]
  if (fitting !== undefined) return fitting(dice)
  return ON_LISTS.includes(op) ? dice.many(3, one) : one()
}

type Draw = (dice: Dice) => Operand

/** Operands that have a form of their own. */
const OPERANDS: Readonly<Partial<Record<Operator, Draw>>> = {
  exists: (dice) => dice.is(2),
  matches: (dice) => (dice.is(9) ? 'nothing' : 'order'),
  cidr: (dice) => (dice.is(3) ? dice.some(RANGES) : dice.one(RANGES)),
  glob: (dice) => dice.many(4, () => dice.one(['*', 'a', 'b', '\\*', 'release/', 'x'])).join(''),
}

const instant: Draw = (dice) => dice.one(SPECIAL.slice(3, 5))
const ordered: Draw = (dice) => (dice.is(4) ? dice.one(TEXTS) : dice.one(NUMBERS))

/** Operands of the kind that the operator compares. */
const LIKELY: Readonly<Partial<Record<Operator, Draw>>> = {
  before: instant,
  after: instant,
  gt: ordered,
  gte: ordered,
  lt: ordered,
  lte: ordered,
}

function leafOf(dice: Dice): Condition {
  if (dice.is(14)) return foldOf(dice)
  const path = dice.is(40) ? dice.one(WRONG_PATHS) : dice.one(PATHS)
  const op = dice.is(2) ? dice.one(OPERATORS) : likelyOperator(dice, path)
  const strict = dice.is(8) ? { required: true as const } : {}
  if (dice.is(14) && op !== 'exists') return { path, op, to: dice.one(PATHS), ...strict }
  return { path, op, value: operandOf(dice, path, op), ...strict }
}

/** One that the values at the path can be judged by. */
function likelyOperator(dice: Dice, path: string): Operator {
  if (/signals|labels|groups|names|list$|provenance/.test(path))
    return dice.one(['has', 'hasAny', 'hasAll', 'subsetOf'])
  if (/calls|age|\.n$/.test(path)) return dice.one(['gt', 'gte', 'lt', 'lte', 'eq'])
  if (path === 'env.now') return dice.one(['before', 'after'])
  return dice.one(['eq', 'ne', 'in', 'exists', 'startsWith', 'contains', 'glob'])
}

const FOLDS: readonly Condition[] = [
  { count: { event: 'call' }, window: '1h', op: 'gte', value: 2 },
  { count: { event: 'denial' }, window: '10m', op: 'gt', value: 1 },
  { count: { event: 'call', same: 'resource' }, op: 'eq', value: 0 },
  { sum: 'args.a', of: { event: 'call' }, window: '1h', plus: 'args.a', op: 'gt', value: 2 },
  { sum: 'args.a', of: { event: 'call' }, plus: 1, op: 'lte', value: 3 },
  { sum: 'content.a', of: { event: 'call' }, op: 'lte', value: 3 },
]
const foldOf = (dice: Dice): Condition => dice.one(FOLDS)

export function conditionOf(dice: Dice, depth = 3): Condition {
  if (depth === 0 || dice.is(2)) return leafOf(dice)
  const parts = () => dice.many(3, () => conditionOf(dice, depth - 1))
  return dice.one<() => Condition>([
    () => ({ all: parts() }),
    () => ({ any: parts() }),
    () => ({ not: conditionOf(dice, depth - 1) }),
  ])()
}

const EFFECTS: readonly Rule['effect'][] = [
  'abort',
  'deny',
  'ask',
  'ask',
  'modify',
  'modify',
  'flag',
  'allow',
  'allow',
]
const REWRITINGS = ['replace', 'mask', 'drop'] as const
const MODIFIED = ['pii.*', 'pii.email', '*.card', '*', 'pii.nothing', 'inj.*', 'pattern.*', 'pattern.order']

function ruleOf(dice: Dice, number: number): Rule {
  const effect = dice.one(EFFECTS)
  return rule({
    id: `r${number}`,
    effect,
    on: dice.one<Rule['on']>([['outbound'], ['inbound'], ['outbound', 'inbound'], ['outbound', 'inbound']]),
    when: dice.is(6) ? { all: [] } : conditionOf(dice),
    ...(dice.is(5) ? { unless: conditionOf(dice) } : {}),
    ...(dice.is(6) ? { channels: [dice.one(['gateway', 'hooks'] as const)] } : {}),
    ...(dice.is(3) ? { labels: { add: [dice.one(LABELS)] } } : {}),
    ...(effect === 'ask' && dice.is(2) ? { ask: dice.one([{ ttl: '5m' }, { ttl: '1h', wait: '30s' }]) } : {}),
    ...(effect === 'modify' ? { modify: modifyOf(dice) } : {}),
  })
}

const modifyOf = (dice: Dice): NonNullable<Rule['modify']> =>
  Object.fromEntries(
    Array.from({ length: 1 + dice.below(2) }, () => [
      dice.is(12) ? dice.one(MODIFIED) : dice.one(MODIFIED.slice(0, 4)),
      dice.one(REWRITINGS),
    ]),
  )

export function policiesOf(dice: Dice): BundlePolicy[] {
  return Array.from({ length: 1 + dice.below(4) }, (_, number) =>
    policy(
      Array.from({ length: 1 + dice.below(3) }, (__, at) => ruleOf(dice, at)),
      {
        number,
        groups: dice.is(2) ? [1] : [1 + dice.below(3)],
        mode: dice.is(5) ? 'shadow' : 'enforce',
        ...(dice.is(4) ? { patterns: { order: dice.one(['ORD-\\d+', '^a']) } } : {}),
      },
    ),
  )
}

export function settingsOf(dice: Dice): PolicySettings {
  return {
    groups: [1, 2, 3].map((number) => group(number, { default: dice.is(5) ? 'deny' : 'allow' })),
    overrides: dice.many(2, () => overrideOf(dice)),
  }
}

const overrideOf = (dice: Dice): PolicySettings['overrides'][number] => ({
  id: `ovr_${ulid(dice.below(5))}`,
  policy: policyOf(dice.below(3)),
  rule: `r${dice.below(2)}`,
  principal: dice.one([agentOf(1), agentOf(2), humanOf(1), groupOf(1), groupOf(2)]),
  resource: dice.one(['*', 'github/*', 'github/push_files', 'other']),
  until: new Date(NOW + dice.one([-1, 0, 1, 60_000])).toISOString(),
})

function valueOf(dice: Dice): Json {
  return dice.is(6) ? dice.one<Json>([[], {}, ['a'], { a: 1 }]) : scalarOf(dice)
}

export function argsOf(dice: Dice): JsonObject {
  const args: Record<string, Json> = {}
  if (!dice.is(5)) args['a'] = valueOf(dice)
  if (!dice.is(3)) args['list'] = dice.is(9) ? 'a' : dice.many(3, () => scalarOf(dice))
  if (dice.is(2)) args['tree'] = { a: valueOf(dice) }
  if (dice.is(2)) args['items'] = dice.many(3, () => (dice.is(4) ? {} : { n: dice.one(NUMBERS) }))
  if (dice.is(4)) args['a.b'] = valueOf(dice)
  if (dice.is(9)) args['constructor'] = 'a'
  return dice.is(6) ? { ['__proto__']: { x: 'a' }, ...args } : args
}

const NOTE = `to ${MAIL} and 4111 1111 1111 1111, ORD-12`
const KEYS = { tenant: Buffer.alloc(32, 7), sessionId: `ses_${ulid(1)}` }

export type Case = { readonly asked: Question; readonly given: Given }

export function caseOf(dice: Dice): Case {
  const args = argsOf(dice)
  const content = { name: 'push_files', arguments: args, note: NOTE }
  const asked = question({
    args,
    content,
    groups: dice.is(2) ? [groupOf(1)] : dice.some([1, 2, 3]).map(groupOf),
    direction: dice.is(3) ? 'inbound' : 'outbound',
    channel: dice.is(6) ? 'hooks' : 'gateway',
    session: { id: `ses_${ulid(1)}`, state: dice.is(12) ? null : stateOf(dice) },
    connection: { id: `con_${ulid(1)}`, name: 'github', trust: dice.is(3) ? 'internal' : 'external' },
    tool: {
      pin: dice.is(4) ? 'changed' : 'approved',
      annotations: dice.is(2) ? { readOnlyHint: dice.is(2) } : {},
    },
  })
  const action = {
    ...asked.action,
    tool: dice.is(9) ? null : dice.one(['push_files', 'pay']),
    class: dice.one(['write.shared', 'money'] as const),
  }
  return { asked: { ...asked, action }, given: givenOf(dice) }
}

function stateOf(dice: Dice): NonNullable<Question['session']['state']> {
  const folds: Record<string, [number, number][]> = {}
  for (const fold of FOLDS) {
    const spec = 'path' in fold || !('op' in fold) ? null : foldSpecOf(fold)
    if (spec === null || spec instanceof RuleFault || dice.is(2)) continue
    const newest = slotOf(NOW, spec.window)
    const unit = spec.sum === null ? 1 : 10_000
    folds[spec.id] = [[newest - dice.one([0, 59, 60, 61]), unit * (1 + dice.below(3))]]
  }
  return session({
    labels: dice.some(LABELS),
    calls: dice.below(4),
    startedAtMs: NOW - 1000 * dice.one([0, 1, 59, 60, 61]),
    folds,
  })
}

function givenOf(dice: Dice): Given {
  const keys = dice.is(3) ? null : KEYS
  if (dice.is(15)) return { inspection: null, keys }
  if (dice.is(15)) return { inspection: { sightings: [], fault: new RuleFault('too long') }, keys }
  const sightings = dice.many(3, () => sightingOf(dice))
  const protectedPointers = dice.is(4) ? [dice.one(['/name', '/note', '/*'])] : []
  return { inspection: { sightings, fault: null }, keys, protectedPointers }
}

function sightingOf(dice: Dice): Sighting & { readonly policy?: string } {
  const start = dice.below(NOTE.length - 1)
  const place = dice.is(12) ? dice.one(['key', 'number'] as const) : 'text'
  const signal = dice.one(SIGNALS_MET)
  const owner = signal.startsWith('pattern.') && !dice.is(4) ? { policy: policyOf(dice.below(3)) } : {}
  const end = Math.min(NOTE.length, start + 1 + dice.below(12))
  return { signal, path: '/note', start, end, place, ...owner }
}
