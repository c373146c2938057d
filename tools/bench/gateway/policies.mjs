// A hundred rules as tenants write them: some look into the content with every detector, in both directions; most name tools, classes,
// hosts, people and hours. An ordinary call passes all of them; a few flag it.
import { SIGNALS } from '@writ/policy'

/** `secret.known` is what the session remembers, so it is asked for by the rules about sessions. */
const OF_CONTENT = SIGNALS.filter((signal) => signal !== 'secret.known')
const signals = (...starts) => OF_CONTENT.filter((signal) => starts.some((start) => signal.startsWith(start)))
const BOTH = ['outbound', 'inbound']
const found = (...starts) => ({ path: 'content.signals', op: 'hasAny', value: signals(...starts) })

const CONTENT = [
  { id: 'no-secrets', effect: 'deny', on: BOTH, when: found('secret.') },
  { id: 'no-hidden-text', effect: 'deny', on: BOTH, when: found('hidden.tags') },
  { id: 'no-orders', effect: 'deny', on: BOTH, when: found('inj.override', 'inj.exfil', 'inj.encoded') },
  { id: 'suspicion', effect: 'flag', on: BOTH, when: found('inj.', 'hidden.') },
  {
    id: 'personal',
    effect: 'modify',
    on: BOTH,
    when: found('pii.'),
    modify: { 'pii.*': 'replace', 'pii.card': 'mask', 'pii.iban': 'mask' },
  },
  {
    id: 'internal-names',
    effect: 'deny',
    on: BOTH,
    when: { path: 'content.signals', op: 'has', value: 'pattern.project' },
  },
  { id: 'orders-seen', effect: 'flag', when: { path: 'args.order', op: 'matches', value: 'order' } },
]

const OF_SESSION = [
  {
    id: 'known-secret',
    effect: 'deny',
    on: BOTH,
    when: { path: 'content.signals', op: 'has', value: 'secret.known' },
  },
  {
    id: 'many-payments',
    effect: 'deny',
    when: { count: { class: ['money'] }, window: '1h', op: 'gte', value: 5 },
  },
  { id: 'many-calls', effect: 'flag', when: { path: 'session.calls', op: 'gte', value: 1_000_000 } },
]

/** By turns, so that the hundred are not one rule a hundred times. */
const KINDS = [
  (n) => ({ effect: 'deny', when: { path: 'action.tool', op: 'in', value: [`drop_${n}`, `erase_${n}`] } }),
  (n) => ({
    effect: 'deny',
    when: {
      all: [
        { path: 'action.class', op: 'eq', value: 'money' },
        { path: 'args.amount', op: 'gt', value: n * 100 },
      ],
    },
  }),
  (n) => ({ effect: 'deny', when: { path: 'args.branch', op: 'glob', value: `release/${n}.*` } }),
  (n) => ({ effect: 'deny', when: { path: 'resource.host', op: 'endsWith', value: `.rival-${n}.example` } }),
  (n) => ({ effect: 'flag', when: { path: 'args.note', op: 'contains', value: `contract ${n}` } }),
  (n) => ({ effect: 'flag', when: { path: 'human.name', op: 'eq', value: n % 2 === 0 ? 'Ada' : 'Grace' } }),
  (n) => ({
    effect: 'deny',
    when: {
      all: [
        { path: 'connection.trust', op: 'eq', value: 'external' },
        { path: 'action.class', op: 'in', value: ['exec', 'credential'] },
      ],
    },
    unless: { path: 'agent.name', op: 'startsWith', value: `ops-${n}` },
  }),
  (n) => ({
    effect: 'deny',
    when: {
      any: [
        { path: 'args.to', op: 'endsWith', value: `@rival-${n}.example` },
        { path: 'args.path', op: 'startsWith', value: `/etc/${n}` },
      ],
    },
  }),
]

const RULES = 100
const PER_POLICY = 20

/**
 * Five policies of twenty rules.
 * @param {{ session?: boolean }} [also] `session`: some of them ask what the session has done, so that every call reads and writes its state
 */
export function hundredRules({ session = false } = {}) {
  const first = session ? [...CONTENT, ...OF_SESSION] : CONTENT
  const more = Array.from({ length: RULES - first.length }, (_, n) => ({
    id: `rule-${n}`,
    ...KINDS[n % KINDS.length](n),
  }))
  const rules = [...first, ...more].map((rule) => ({ reason: `because of ${rule.id}`, ...rule }))
  return Array.from({ length: RULES / PER_POLICY }, (_, policy) => ({
    name: `bench ${policy}`,
    document: {
      writ: 1,
      patterns: { project: 'project (nightjar|bluebird)', order: '^A-[0-9]+$' },
      rules: rules.slice(policy * PER_POLICY, (policy + 1) * PER_POLICY),
    },
  }))
}
