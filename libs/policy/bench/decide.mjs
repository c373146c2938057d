// CPU time of one decision: 100 policies / 500 rules that all apply, a question of about 1.5 KB, about 8 matches.
// What the detectors found is given, so that this is the cost of the rules alone. Prints one line of JSON.
import { compilePolicies, decide } from '@writ/policy'

const POLICIES = 100
const QUESTIONS = 64

const ulid = (number) => String(number).padStart(26, '0')
const GROUP = `grp_${ulid(1)}`
const CLASSES = [
  'read.public',
  'read.private',
  'write.local',
  'write.shared',
  'sink.external',
  'exec',
  'money',
]
const SIGNALS = ['pii.email', 'pii.card', 'inj.override', 'hidden.tags']

/** Reproducible numbers: mulberry32. */
const numbers = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}
const random = numbers(7)
const below = (most) => Math.floor(random() * most)
const one = (list) => list[below(list.length)]

/** What rules ask for in practice: half of them name tools or a class, the rest hold for every action. */
const LEAVES = [
  () => ({ path: 'args.branch', op: 'glob', value: `release/${below(20)}*` }),
  () => ({ path: 'args.amount', op: 'gt', value: below(10) * 500 }),
  () => ({ path: 'args.title', op: 'contains', value: one(['secret', 'payroll', 'Quarterly', 'draft']) }),
  () => ({ path: 'args.to', op: 'endsWith', value: one(['@rival.example', '@own.example']) }),
  () => ({ path: 'content.signals', op: 'has', value: one(SIGNALS) }),
  () => ({ path: 'agent.groups', op: 'has', value: `grp_${ulid(below(12))}` }),
  () => ({ path: 'human.name', op: 'in', value: [`human ${below(9)}`, `human ${below(9)}`] }),
  () => ({ path: 'session.labels', op: 'has', value: one(['untrusted', 'private', 'secret']) }),
  () => ({ path: 'session.calls', op: 'gte', value: 100 * below(10) }),
  () => ({ path: 'resource.id', op: 'startsWith', value: `server-${below(10)}/` }),
]
const SCOPES = [
  () => ({ path: 'action.tool', op: 'in', value: [`tool_${below(40)}`, `tool_${below(40)}`] }),
  () => ({ path: 'action.class', op: 'eq', value: one(CLASSES) }),
  () => one(LEAVES)(),
]
const termOf = () => {
  const kind = below(4)
  if (kind === 0) return { any: [one(LEAVES)(), one(LEAVES)()] }
  return kind === 1 ? { not: one(LEAVES)() } : one(LEAVES)()
}
const ruleOf = (number) => ({
  id: `rule-${number}`,
  effect: one(['deny', 'ask', 'flag', 'flag', 'allow']),
  on: ['outbound', 'inbound'],
  when: { all: [one(SCOPES)(), ...Array.from({ length: 1 + below(3) }, termOf)] },
  reason: 'a rule of the benchmark',
})

const policies = Array.from({ length: POLICIES }, (_, policy) => ({
  id: `pol_${ulid(policy)}`,
  name: `policy ${policy}`,
  version: 1,
  groups: [GROUP],
  document: {
    writ: 1,
    mode: 'enforce',
    rules: Array.from({ length: 5 }, (__, rule) => ruleOf(policy * 5 + rule)),
  },
}))

const principal = (id, name, groups) => ({ id, name, groups })
const sighting = (signal) => ({ signal, path: '/arguments/title', start: 0, end: 9, place: 'text' })
const argsOf = (number) => ({
  branch: `${one(['feature', 'release'])}/${number % 20}`,
  amount: below(10) * 500,
  to: `ana@${one(['own', 'other'])}.example`,
  title: 'Quarterly report',
  files: Array.from({ length: 10 }, (_, file) => ({
    path: `docs/page-${file}.md`,
    text: 'The build is green and the notes are up to date. '.repeat(2),
  })),
})
const caseOf = (number) => {
  const args = argsOf(number)
  const tool = `tool_${number % 40}`
  const agent = principal(`agt_${ulid(1)}`, 'bench', [GROUP])
  const human = principal(`hum_${ulid(1)}`, `human ${number % 9}`, [GROUP])
  const state = {
    format: 'writ.session.v1',
    version: 1,
    startedAtMs: 0,
    labels: number % 3 === 0 ? ['untrusted'] : [],
    calls: below(500),
    denials: 0,
    aborted: null,
    folds: {},
    values: {},
    hosts: [],
    pins: {},
  }
  const question = {
    agent,
    human,
    chain: [human, agent],
    groups: [GROUP],
    session: { id: `ses_${ulid(1)}`, state },
    connection: { id: `con_${ulid(1)}`, name: 'github', trust: 'external' },
    tool: { pin: 'approved', annotations: {} },
    action: {
      method: 'tools/call',
      tool,
      class: CLASSES[number % CLASSES.length],
      classSource: 'inferred',
      resource: `server-${number % 10}/${tool}`,
    },
    channel: 'gateway',
    direction: 'outbound',
    args,
    content: { name: tool, arguments: args },
    nowMs: 1_000_000,
  }
  const sightings = SIGNALS.filter(() => random() < 0.2).map(sighting)
  return { question, given: { inspection: { sightings, fault: null }, keys: null } }
}

const settings = { groups: [], overrides: [] }
const cases = Array.from({ length: QUESTIONS }, (_, number) => caseOf(number))
const median = (all) => all.toSorted((left, right) => left - right)[Math.floor(all.length / 2)]
const rounded = (number) => Math.round(number * 100) / 100

const cpuMicroseconds = (work) => {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** Bytes of heap that a bundle's compiled form holds, beside the bundle itself. */
const heapOf = (make) => {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const made = make()
  globalThis.gc?.()
  return { made, bytes: process.memoryUsage().heapUsed - before }
}

let compiled
const loadMs = cpuMicroseconds(() => (compiled = compilePolicies(policies, settings))) / 1000
const askAll = (decider) => {
  for (const { question, given } of cases) decide(decider, question, given)
}
const ROUNDS = 16
for (let warm = 0; warm < 40; warm += 1) askAll(compiled)
const perDecision = () =>
  cpuMicroseconds(() => {
    for (let round = 0; round < ROUNDS; round += 1) askAll(compiled)
  }) /
  (ROUNDS * QUESTIONS)
const value = rounded(median(Array.from({ length: 25 }, perDecision)))
const matches = cases.map(({ question, given }) => decide(compiled, question, given).matches.length)
const { made, bytes } = heapOf(() => {
  const fresh = compilePolicies(policies, settings)
  askAll(fresh)
  return fresh
})
console.log(
  JSON.stringify({
    name: 'decide',
    unit: 'us',
    value,
    detail: {
      policies: POLICIES,
      rules: POLICIES * 5,
      contentBytes: JSON.stringify(cases[0].question.content).length,
      matches: rounded(matches.reduce((sum, count) => sum + count, 0) / QUESTIONS),
      loadMs: rounded(loadMs),
      bundleMB: globalThis.gc === undefined ? null : rounded(bytes / 2 ** 20),
      faults: made.faults.length,
    },
  }),
)
