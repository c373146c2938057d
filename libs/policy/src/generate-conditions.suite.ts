import type { Condition, Operand, Operator } from '@writ/contracts'
import { groupOf } from './given.suite.ts'
import type { Dice } from './dice.suite.ts'

export const MAIL = 'me@example.com'
const TEXTS = ['', 'a', 'aa', 'ab', 'b*', 'release/x', 'Ana', 'x'.repeat(9), MAIL, 'write.shared', 'gateway']
const SPECIAL = [
  '10.0.0.1',
  '10.1.2.3',
  '10.0.0.300',
  '2026-01-01T00:00:00.000Z',
  '2026-01-02T00:00:00Z',
  'ORD-12',
]
export const NUMBERS = [-1, 0, 1, 2, 60, 2 ** 53]
const RANGES = ['10.0.0.0/8', '10.0.0.1', '10.0.0.1/32', '0.0.0.0/0', '10.0.0.0/16']
export const SIGNALS_MET = ['pii.email', 'pii.card', 'inj.override', 'pattern.order']
export const LABELS = ['untrusted', 'private', 'seen']

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

export const scalarOf = (dice: Dice): string | number | boolean | null =>
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

export const FOLDS: readonly Condition[] = [
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
