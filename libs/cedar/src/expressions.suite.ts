import { Random } from './questions/random.ts'

/** Random Cedar policies over the view, for the specs only: mostly well-typed, often unguarded, so that errors are as common as answers. */
export function randomPolicy(seed: number): string {
  const random = new Random(seed)
  const effect = random.once(3) ? 'permit' : 'forbid'
  const clause = () => (random.once(4) ? 'unless' : 'when')
  const clauses = Array.from({ length: 1 + random.below(2) }, () => `${clause()} { ${truth(random, 3)} }`)
  return `${effect} (${head(random)}) ${clauses.join(' ')};`
}

const pick = <T>(random: Random, items: readonly T[]): T => {
  const found = random.of(items)
  if (found === undefined) throw new RangeError('there is nothing to pick from')
  return found
}

function head(random: Random): string {
  const principal = pick(random, [
    ...Array.from({ length: 12 }, () => 'principal'),
    'principal in Group::"sre"',
    'principal is Agent',
    'principal is Agent in Group::"everyone"',
    'principal is Human',
    `principal == Agent::"agt_${'0'.repeat(26)}"`,
  ])
  const action = pick(random, [
    ...Array.from({ length: 12 }, () => 'action'),
    'action == Action::"github/push_files"',
    'action in Action::"class/money"',
    'action in [Action::"class/exec", Action::"github/x", Action::"receive"]',
    'action == Action::"receive"',
    'action == Action::"method/tools/list"',
  ])
  const resource = pick(random, [
    ...Array.from({ length: 12 }, () => 'resource'),
    'resource is Resource',
    'resource == Resource::"github/push_files"',
  ])
  return `${principal}, ${action}, ${resource}`
}

const ARGS = [
  'context.args.a',
  'context.args.b',
  'context.args.c',
  'context.args["odd name"]',
  'context.args.deep.x',
]
const TEXTS = [
  'principal.name',
  'resource.id',
  'resource.trust',
  'context.direction',
  'context.connection.name',
  'context.action.tool',
  'context.action.class',
  'context.human.name',
  'context.tool.pin',
  'principal.id',
  'context.tool.annotations.title',
]
const SETS = [
  'principal.groups',
  'context.signals',
  'context.session.labels',
  'context.human.groups',
  'context.chain.names',
]
const WORDS = [
  '"a"',
  '"robot"',
  '"external"',
  '"same"',
  '"money"',
  '"outbound"',
  '"push_files"',
  '"sre"',
  '""',
  '"a*b"',
]
const SIGNALS = ['"pii.card"', '"pii.email"']

type Make = (random: Random, depth: number) => string

const text: Make = (random) => (random.once(2) ? pick(random, WORDS) : pick(random, [...TEXTS, ...ARGS]))

const long: Make = (random, depth) => {
  const kind = random.below(8)
  if (kind < 3) return `${random.below(9) - 3}`
  if (kind === 3) return pick(random, ['context.session.calls', 'context.session.denials'])
  if (kind === 4 && depth > 0)
    return `(${long(random, depth - 1)} ${pick(random, ['+', '-', '*'])} ${random.below(5) - 2})`
  if (kind === 5 && depth > 0) return `-(${long(random, depth - 1)})`
  if (kind === 6 && depth > 0)
    return `(if ${truth(random, depth - 1)} then ${long(random, 0)} else ${long(random, 0)})`
  return pick(random, ARGS)
}

const literals: Make = (random) =>
  `[${Array.from({ length: random.below(3) + 1 }, () => (random.once(4) ? `${random.below(3)}` : pick(random, WORDS))).join(', ')}]`

const set: Make = (random) => (random.once(3) ? pick(random, ARGS) : pick(random, SETS))

const value: Make = (random, depth) =>
  pick(random, [
    text,
    long,
    text,
    set,
    (one: Random) => (one.once(2) ? 'true' : 'false'),
    () => 'Agent::"x"',
    () => '{a: 1}',
  ])(random, depth)

/** What may be asked of the signals is one of the signals. */
const member =
  (of: string): Make =>
  (random) =>
    of === 'context.signals'
      ? pick(random, SIGNALS)
      : random.once(3)
        ? `${random.below(3)}`
        : pick(random, WORDS)

const LEAVES: readonly Make[] = [
  (random) =>
    pick(random, [
      'context.args.a < context.args.b',
      'context.args.a * 2 < -4',
      'context.args.b * -3 >= -4',
      'context.session.calls * 2 - 7 > -4',
      `principal in Agent::"agt_${'0'.repeat(26)}"`,
      `context.human in [Human::"hum_${'0'.repeat(26)}", Group::"x"]`,
      'resource in Resource::"github/push_files"',
      'action in action',
      'context.args.a * 2 >= context.args.c * 2',
      'context.session.calls > context.session.denials',
      'context.session.calls <= context.args.a',
      'context.args.a + 1 == context.args.a - 1',
      'context.args.b * -3 + 2 == 5',
      '0 - context.args.a < 2',
      '-context.args.b * 2 <= 3',
      'principal.name == context.args.a',
      'context.human.name != context.args.b',
      'context.args.a == context.session.calls',
      'principal.name == context.human.name',
      'context.chain.groups.containsAny(principal.groups)',
      'principal.groups.containsAll(context.human.groups)',
      'context.session.labels.contains(principal.name)',
      '(if context.args has a then context.args.a else "a") like "a*"',
      '(if context.args.c then context.args.a else context.args.b) == "same"',
      '(if context.args has a then principal.groups else context.human.groups).contains("sre")',
      '(if context.args has a then context.args else context.tool.annotations) has title',
      '(if context.args has a then principal else context.human) in Group::"sre"',
      '(if context.args has b then principal else context.human).name == "Ana"',
      '{a: principal.name, b: 2} == {b: 2, a: "robot"}',
      '{a: "x"}.a == context.args.a',
      '(context.args.a == "a") == (context.args.b == "b")',
      '(context.args.a == "a") == context.args.c',
      'context.args.a > 9007199254740991 - 1',
      'context.args.a + 9007199254740991 < 9007199254740990',
      '9223372036854775807 > context.args.a || true',
      '5 / 1 == 5',
      'context.args.deep == context.direction',
      'context.args.a like "a\\\\*"',
      'context.args["odd name"] in [principal, Group::"x"]',
      '["a", true, 3].contains(context.args.c)',
      '[principal.name, context.args.b].contains(context.args.a)',
      '[[1], [2]].contains([1])',
      '[context.args.a].containsAll([1])',
      'context.human == principal || context.human == context.human',
    ]),
  (random, depth) => `${value(random, depth)} ${pick(random, ['==', '!='])} ${value(random, depth)}`,
  (random) => `${pick(random, [...ARGS, ...TEXTS])} == ${pick(random, WORDS)}`,
  (random, depth) => `${long(random, depth)} ${pick(random, ['<', '<=', '>', '>='])} ${long(random, depth)}`,
  (random) => `context.args has ${pick(random, ['a', 'b', 'deep', 'deep.x', '"odd name"', 'a.b'])}`,
  (random) =>
    `${pick(random, ['context.args.a', 'context.args.deep', 'principal', 'context', 'context.action', 'context.session'])} has ${pick(random, ['x', 'name', 'tool', 'args', 'calls'])}`,
  (random) =>
    `${text(random, 0)} like ${pick(random, ['"a*"', '"*"', '"*b*"', '"a\\*b"', '"push_*s"', '"same"', '""'])}`,
  (random) => {
    const of = set(random, 0)
    return `${of}.contains(${member(of)(random, 0)})`
  },
  (random) => `${literals(random, 0)}.contains(${text(random, 0)})`,
  (random) => {
    const of = set(random, 0)
    const items =
      of === 'context.signals' ? `[${pick(random, SIGNALS)}, ${pick(random, SIGNALS)}]` : literals(random, 0)
    return random.once(3) && of !== 'context.signals'
      ? `${items}.containsAll(${of})`
      : `${of}.${pick(random, ['containsAll', 'containsAny'])}(${items})`
  },
  (random) => `${set(random, 0)}.isEmpty()`,
  (random) =>
    pick(random, [
      'principal in Group::"sre"',
      'context.human in Group::"sre"',
      'principal in [Group::"sre", Agent::"x"]',
      'action in Action::"class/money"',
      'context.args.a in Group::"sre"',
      'principal in context.human',
      'principal is Agent',
      'context.human is Human in Group::"everyone"',
      'resource is Human',
      'context.args.b is Agent',
      'principal == context.human',
      'context.args.a in [principal]',
    ]),
  (random) =>
    pick(random, [
      'true',
      'false',
      ...ARGS,
      'context.tool.annotations.readOnlyHint',
      'principal.name',
      '[1, 2].contains(1)',
      '[context.args.a, "a"].contains("a")',
      '[context.args.a].isEmpty()',
      '{a: context.args.a} == {a: "a"}',
      '{a: 1} == {a: 1, b: 2}',
      '[1,2] == [2,1,1]',
    ]),
]

const truth: Make = (random, depth) => {
  const kind = random.below(9)
  if (depth === 0 || kind > 5) return pick(random, LEAVES)(random, depth)
  if (kind < 2) return `(${truth(random, depth - 1)}) && (${truth(random, depth - 1)})`
  if (kind < 4) return `(${truth(random, depth - 1)}) || (${truth(random, depth - 1)})`
  if (kind === 4) return `!(${truth(random, depth - 1)})`
  return `(if ${truth(random, depth - 1)} then ${truth(random, depth - 1)} else ${truth(random, depth - 1)})`
}
