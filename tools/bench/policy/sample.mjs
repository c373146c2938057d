// 100 policies / 500 rules and requests of about 1.5 KB, made from a seed: what every engine of the benchmark is given.
const ulid = (number) => String(number).padStart(26, '0')
export const GROUP = `grp_${ulid(1)}`
const SIGNALS = [
  'pii.email',
  'pii.card',
  'pii.iban',
  'secret.github',
  'inj.suspect',
  'inj.override',
  'hidden.tags',
]
const LABELS = ['untrusted', 'private', 'secret', 'reviewed', 'bulk']
const CLASSES = ['read.private', 'write.shared', 'sink.external', 'money', 'destructive', 'admin']
const GROUPS = Array.from({ length: 8 }, (_, number) => `grp_${ulid(number + 1)}`)
const TOOLS = Array.from({ length: 40 }, (_, number) => `tool_${number}`)
const CONNECTIONS = ['github', 'stripe', 'mail', 'wiki', 'crm']
const BRANCHES = ['main', 'release/1', 'release/2', 'feature/a', 'feature/b']

/** A small generator of numbers in [0, 1): the same seed, the same benchmark. */
export function randomFrom(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export function samplePolicies({ policies = 100, rulesEach = 5, seed = 7 } = {}) {
  const pick = pickerOf(randomFrom(seed))
  return Array.from({ length: policies }, (_, policy) => ({
    id: `pol_${ulid(policy)}`,
    name: `policy ${policy}`,
    version: 1,
    groups: [GROUP],
    document: {
      writ: 1,
      mode: 'enforce',
      rules: Array.from({ length: rulesEach }, (__, rule) => ({
        id: `rule-${policy * rulesEach + rule}`,
        effect: pick.one(['deny', 'ask', 'flag']),
        on: ['outbound', 'inbound'],
        when: ruleCondition(pick),
        reason: 'a rule of the benchmark',
      })),
    },
  }))
}

export function sampleQuestions({ count = 64, seed = 11 } = {}) {
  const pick = pickerOf(randomFrom(seed))
  return Array.from({ length: count }, () => questionOf(pick))
}

function pickerOf(random) {
  const one = (list) => list[Math.floor(random() * list.length)]
  const some = (list, count) => [...new Set(Array.from({ length: count }, () => one(list)))]
  return { random, one, some, upTo: (most) => Math.floor(random() * (most + 1)) }
}

function ruleCondition(pick) {
  const terms = [pick.one(SCOPES)(pick)]
  const more = 1 + pick.upTo(3)
  for (let term = 0; term < more; term += 1) terms.push(nested(pick))
  return { all: terms }
}

function nested(pick) {
  const kind = pick.random()
  if (kind < 0.15) return { any: [pick.one(LEAVES)(pick), pick.one(LEAVES)(pick)] }
  if (kind < 0.25) return { not: pick.one(LEAVES)(pick) }
  return pick.one(LEAVES)(pick)
}

const SCOPES = [
  (pick) => ({ path: 'action.tool', op: 'in', value: pick.some(TOOLS, 4) }),
  (pick) => ({ path: 'action.tool', op: 'eq', value: pick.one(TOOLS) }),
  (pick) => ({ path: 'connection.name', op: 'eq', value: pick.one(CONNECTIONS) }),
  (pick) => ({ path: 'action.class', op: 'in', value: pick.some(CLASSES, 1) }),
]

const LEAVES = [
  (pick) => ({ path: 'args.branch', op: 'eq', value: pick.one(BRANCHES) }),
  (pick) => ({ path: 'args.branch', op: 'startsWith', value: pick.one(['release/', 'feature/']) }),
  (pick) => ({ path: 'args.amount', op: 'gt', value: 500 + pick.upTo(500) }),
  (pick) => ({ path: 'args.amount', op: 'lte', value: pick.upTo(300) }),
  (pick) => ({ path: 'args.draft', op: 'eq', value: pick.random() < 0.5 }),
  (pick) => ({ path: 'content.signals', op: 'hasAny', value: pick.some(SIGNALS, 2) }),
  (pick) => ({ path: 'agent.groups', op: 'has', value: pick.one(GROUPS) }),
  (pick) => ({ path: 'human.groups', op: 'has', value: pick.one(GROUPS) }),
  (pick) => ({ path: 'session.labels', op: 'has', value: pick.one(LABELS) }),
  (pick) => ({ path: 'session.calls', op: 'gt', value: pick.upTo(100) }),
  (pick) => ({ path: 'resource.id', op: 'startsWith', value: pick.one(CONNECTIONS) }),
  (pick) => ({ path: 'human.name', op: 'eq', value: `human ${pick.upTo(5)}` }),
]

function questionOf(pick) {
  const [tool, connection] = [pick.one(TOOLS), pick.one(CONNECTIONS)]
  const args = {
    branch: pick.one(BRANCHES),
    amount: pick.upTo(1000),
    draft: pick.random() < 0.5,
    files: Array.from({ length: 8 }, (_, file) => ({
      path: `docs/page-${file}.md`,
      text: 'The build is green and the notes are up to date. '.repeat(2),
    })),
  }
  const agent = {
    id: `agt_${ulid(1)}`,
    name: 'bench',
    groups: [...new Set([GROUP, ...pick.some(GROUPS, 2)])],
  }
  const human = { id: `hum_${ulid(1)}`, name: `human ${pick.upTo(5)}`, groups: pick.some(GROUPS, 2) }
  return {
    signals: pick.some(SIGNALS, pick.upTo(2)),
    question: {
      agent,
      human,
      chain: [human, agent],
      groups: [GROUP],
      session: { id: `ses_${ulid(1)}`, state: stateOf(pick) },
      connection: { id: `con_${ulid(1)}`, name: connection, trust: 'external' },
      tool: { pin: 'unknown', annotations: {} },
      action: {
        method: 'tools/call',
        tool,
        class: pick.one(CLASSES),
        classSource: 'inferred',
        resource: `${connection}/${tool}`,
      },
      channel: 'gateway',
      direction: 'outbound',
      args,
      content: { name: tool, arguments: args },
      nowMs: Date.UTC(2026, 0, 1),
    },
  }
}

const stateOf = (pick) => ({
  format: 'writ.session.v1',
  version: 1,
  startedAtMs: Date.UTC(2026, 0, 1) - 60_000,
  labels: pick.some(LABELS, pick.upTo(2)),
  calls: pick.upTo(100),
  denials: 0,
  aborted: null,
  folds: {},
  values: {},
  secrets: [],
  hosts: [],
  pins: {},
})
