import { describe, expect, it } from '@jest/globals'
import type { BundlePolicy, Comparison, Condition, Json, Question, Rule } from '@writ/contracts'
import { compilePolicies } from './compile.ts'
import type { PolicySettings } from './compile.ts'
import { decide } from './decide.ts'
import type { Given } from './decide.ts'
import type { Inspection } from './detectors/sighting.ts'
import { explain } from './explain.ts'
import type { LeafTrace, RuleTrace } from './explain.ts'
import {
  agentOf,
  CLEAN,
  NO_SETTINGS,
  policy,
  policyOf,
  question,
  rule,
  session,
  ulid,
} from './given.suite.ts'
import { RuleFault } from './rule-fault.ts'

type Asking = {
  readonly asked?: Question
  readonly given?: Partial<Given>
  readonly settings?: Partial<PolicySettings>
}

function explained(policies: readonly BundlePolicy[], { asked = question(), given, settings }: Asking = {}) {
  const compiled = compilePolicies(policies, { ...NO_SETTINGS, ...settings })
  const atHand = { inspection: CLEAN, keys: null, ...given }
  const trace = explain(compiled, asked, atHand)
  expect(trace.decision).toEqual(decide(compiled, asked, atHand))
  return trace
}

function onlyRule(one: Rule, asking?: Asking): RuleTrace {
  const [trace, ...more] = explained([policy([one], { patterns: { order: 'ORD-\\d+' } })], asking).rules
  if (trace === undefined || more.length > 0) throw new Error('there is one rule')
  return trace
}

function onlyLeaf(when: Condition, asking?: Asking): LeafTrace {
  const [leaf, ...more] = onlyRule(rule({ when }), asking).leaves
  if (leaf === undefined || more.length > 0) throw new Error('there is one leaf')
  return leaf
}

const seen = (signal: string): Inspection => ({
  sightings: [{ signal, path: '/a', start: 0, end: 1, place: 'text' }],
  fault: null,
})
const MAIN: Comparison = { path: 'args.branch', op: 'eq', value: 'main' }
const asked = question({ args: { branch: 'main', n: 2, list: [1, 2] } })

describe('a leaf', () => {
  it.each<[string, Condition, Partial<LeafTrace>]>([
    ['that is true', MAIN, { truth: 'true', value: 'main', operand: 'main' }],
    ['that is false', { ...MAIN, value: 'dev' }, { truth: 'false', value: 'main', operand: 'dev' }],
    ['with "ne", as it is written', { ...MAIN, op: 'ne' }, { truth: 'false', op: 'ne', value: 'main' }],
    ['without a value', { path: 'args.gone', op: 'eq', value: 1 }, { truth: 'false', value: undefined }],
    [
      'about a value that is not there',
      { path: 'args.gone', op: 'exists', value: false },
      { truth: 'true', value: undefined, operand: false },
    ],
    ['about a list', { path: 'args.list', op: 'has', value: 2 }, { truth: 'true', value: [1, 2] }],
    ['about every item', { path: 'args.list.*', op: 'gt', value: 1 }, { truth: 'true', value: [1, 2] }],
    [
      'about another path',
      { path: 'args.n', op: 'in', to: 'args.list' },
      { truth: 'true', value: 2, operand: { to: 'args.list' } },
    ],
    ['about the caller', { path: 'agent.name', op: 'eq', value: 'robot' }, { truth: 'true', value: 'robot' }],
    [
      'about a pattern',
      { path: 'args.branch', op: 'matches', value: 'order' },
      { truth: 'false', value: 'main', operand: 'order' },
    ],
    ['about the session', { path: 'session.calls', op: 'gte', value: 0 }, { truth: 'true', value: 0 }],
    [
      'that counts',
      { count: { event: 'call' }, window: '1h', op: 'lt', value: 1 },
      { path: 'count', op: 'lt', truth: 'true', value: 0, operand: 1 },
    ],
    [
      'that sums',
      { sum: 'args.n', of: { event: 'call' }, plus: 'args.n', op: 'gt', value: 1 },
      { path: 'sum args.n', op: 'gt', truth: 'true', value: 2, operand: 1 },
    ],
  ])('%s shows what was read and what it was compared with', (_, when, expected) =>
    expect(onlyLeaf(when, { asked })).toMatchObject({ at: '/when', because: null, ...expected }),
  )

  it.each<[string, Condition, string, Json | undefined]>([
    ['a misspelt path', { path: 'agent.nmae', op: 'eq', value: 'x' }, 'there is no agent.nmae', undefined],
    [
      'a malformed path',
      { path: 'args.a[0]', op: 'eq', value: 'x' },
      'the path args.a[0] is malformed',
      undefined,
    ],
    ['a misspelt word', { path: 'channel', op: 'eq', value: 'gate' }, 'channel is never "gate"', 'gateway'],
    [
      'a pattern that is not there',
      { path: 'args.branch', op: 'matches', value: 'gone' },
      'the policy has no pattern gone',
      'main',
    ],
    [
      'an operand that cannot be',
      { path: 'args.n', op: 'gt', value: true },
      'gt cannot take the value given for args.n',
      2,
    ],
    [
      'a value that cannot be judged',
      { path: 'args.branch', op: 'gt', value: 1 },
      'the value of args.branch is of a type that gt cannot judge',
      'main',
    ],
    [
      'values of two types',
      { path: 'args.n', op: 'gt', to: 'args.branch' },
      'the value of args.n and args.branch is of a type that gt cannot judge',
      2,
    ],
    [
      'what is required and not there',
      { path: 'args.gone', op: 'eq', value: 1, required: true },
      'args.gone is required and not there',
      undefined,
    ],
    [
      'a sum of something else than arguments',
      { sum: 'content.n', of: { event: 'call' }, op: 'gt', value: 1 },
      'args',
      undefined,
    ],
  ])('says why it is a fault: %s', (_, when, because, value) => {
    const leaf = onlyLeaf(when, { asked })
    expect(leaf).toMatchObject({ truth: 'fault', value })
    expect(leaf.because).toContain(because)
  })

  it('says that the state of the session is not at hand, for a field as for a count', () => {
    const away = { asked: question({ session: { id: `ses_${ulid(1)}`, state: null } }) }
    const faults = [
      onlyLeaf({ path: 'session.calls', op: 'eq', value: 0 }, away),
      onlyLeaf({ count: { event: 'call' }, op: 'eq', value: 0 }, away),
    ]
    for (const { truth, because, value } of faults) {
      expect([truth, value]).toEqual(['fault', undefined])
      expect(because).toMatch(/session/)
    }
  })

  it('says why the signals are not known', () => {
    const when: Condition = { path: 'content.signals', op: 'has', value: 'pii.email' }
    const because = (inspection: Inspection | null) => onlyLeaf(when, { given: { inspection } }).because
    expect(because(null)).toBe('the content was not inspected')
    expect(because({ sightings: [], fault: new RuleFault('it is too long') })).toBe('it is too long')
    expect(because(CLEAN)).toBeNull()
  })

  it('shows the signals that were found', () => {
    const when: Condition = { path: 'content.signals', op: 'has', value: 'pii.email' }
    const given = { inspection: seen('pii.email') }
    expect(onlyLeaf(when, { given })).toMatchObject({ truth: 'true', value: ['pii.email'] })
  })

  it('shows those of the own patterns as well, whatever is asked of them', () => {
    const given = { inspection: seen('pattern.order') }
    const leaf = (value: string) => onlyLeaf({ path: 'content.signals', op: 'has', value }, { given })
    expect(leaf('pattern.order')).toMatchObject({ truth: 'true', value: ['pattern.order'] })
    expect(leaf('pii.email')).toMatchObject({ truth: 'false', value: ['pattern.order'] })
  })

  it('shows no policy the patterns of another', () => {
    const when: Condition = { path: 'content.signals', op: 'has', value: 'pii.email' }
    const policies = [
      policy([rule({ when })], { patterns: { order: 'ORD' } }),
      policy([rule({ when })], { number: 2 }),
    ]
    const { rules } = explained(policies, { given: { inspection: seen('pattern.order') } })
    expect(rules.flatMap(({ leaves }) => leaves.map(({ value }) => value))).toEqual([['pattern.order'], []])
  })

  it('shows nothing of a question that cannot be read, and says so', () => {
    const args = Object.defineProperty({}, 'branch', {
      enumerable: true,
      get: () => {
        throw new Error('s3cret')
      },
    })
    const trace = explained([policy([rule({ when: MAIN })])], { asked: question({ args, content: null }) })
    expect(trace.rules[0]?.leaves).toMatchObject([
      { truth: 'fault', because: 'the question could not be read', value: undefined },
    ])
    expect(JSON.stringify(trace)).not.toContain('s3cret')
  })
})

describe('the leaves of a rule', () => {
  it('stand in the order of the rule, each with its place', () => {
    const when: Condition = { all: [MAIN, { any: [{ not: MAIN }, { ...MAIN, op: 'ne' }] }] }
    const unless: Condition = { any: [{ path: 'args.n', op: 'gt', value: 3 }] }
    const { leaves, truth } = onlyRule(rule({ when, unless }), { asked })
    expect(leaves.map(({ at, truth: one }) => [at, one])).toEqual([
      ['/when/all/0', 'true'],
      ['/when/all/1/any/0/not', 'true'],
      ['/when/all/1/any/1', 'false'],
      ['/unless/any/0', 'false'],
    ])
    expect(truth).toBe('false')
  })

  it('are all answered, also those that did not matter any more', () => {
    const when: Condition = { any: [MAIN, { path: 'args.branch', op: 'gt', value: 1 }] }
    const { truth, leaves } = onlyRule(rule({ when }), { asked })
    expect([truth, ...leaves.map((leaf) => leaf.truth)]).toEqual(['true', 'true', 'fault'])
  })

  it('are none where the rule is always true', () =>
    expect(onlyRule(rule({}))).toMatchObject({ truth: 'true', because: null, leaves: [] }))

  it('are none where the rule nests too deep, which is its fault', () => {
    let when: Condition = MAIN
    for (let level = 0; level < 100; level += 1) when = { not: when }
    expect(onlyRule(rule({ when }), { asked })).toMatchObject({
      truth: 'fault',
      because: 'conditions nest deeper than 32',
      leaves: [],
    })
  })
})

const idsOf = (policies: readonly BundlePolicy[], asking?: Asking) =>
  explained(policies, asking).rules.map(({ rule: id, truth }) => `${id} ${truth}`)

const costly = (number: number): Condition => ({
  path: 'args.t',
  op: 'contains',
  value: `${'a'.repeat(126)}b${number}`,
})

describe('the rules of a trace', () => {
  it('are all that apply, whether they matched or not, in the order of the report', () => {
    const rules = [
      rule({ id: 'c' }),
      rule({ id: 'b', when: { any: [] } }),
      rule({ id: 'a', effect: 'flag', when: { path: 'agent.nmae', op: 'eq', value: 1 } }),
    ]
    expect(idsOf([policy(rules)])).toEqual(['a fault', 'b false', 'c true'])
  })

  it.each<[string, BundlePolicy]>([
    ['another group', policy([rule({})], { groups: [2] })],
    ['the other direction', policy([rule({ on: ['inbound'] })])],
    ['another channel', policy([rule({ channels: ['hooks'] })])],
  ])('are not those of %s', (_, one) => expect(idsOf([one])).toEqual([]))

  it('say whose they are, what they do and in which mode', () =>
    expect(explained([policy([rule({ id: 'a', effect: 'flag' })], { mode: 'shadow' })]).rules).toMatchObject([
      {
        policy: policyOf(1),
        policyName: 'policy 1',
        rule: 'a',
        effect: 'flag',
        mode: 'shadow',
        overriddenBy: null,
      },
    ]))

  it('say which override holds them back', () => {
    const override = {
      id: `ovr_${ulid(1)}` as const,
      policy: policyOf(1),
      rule: 'r',
      principal: agentOf(1),
      resource: '*',
      until: '2030-01-01T00:00:00Z',
    }
    const trace = explained([policy([rule({})])], { settings: { overrides: [override] } })
    expect(trace.rules).toMatchObject([{ truth: 'true', overriddenBy: override.id }])
    expect(trace.decision.outcome).toBe('allow')
  })

  it('say why a fault decided, as the decision does', () => {
    const when: Condition = { path: 'args.branch', op: 'gt', value: 1 }
    const { decision, rules } = explained([policy([rule({ when })])], { asked })
    expect(decision).toMatchObject({ outcome: 'deny', matches: [{ errored: true }] })
    expect(decision.matches[0]?.reason).toContain(rules[0]?.because)
  })

  it('are each answered with work of their own', () => {
    const rules = Array.from({ length: 40 }, (_, at) =>
      rule({ id: `r${at}`, effect: 'flag', when: costly(at) }),
    )
    const long = question({ args: { t: 'a'.repeat(1_000_000) }, content: null })
    const trace = explained([policy(rules)], { asked: long })
    expect(trace.decision.matches.filter((match) => match.errored).length).toBeGreaterThan(20)
    expect(new Set(trace.rules.map(({ truth }) => truth))).toEqual(new Set(['false']))
  })

  it('see the session as it was', () => {
    const state = session({ labels: ['untrusted'] })
    const when: Condition = { path: 'session.labels', op: 'has', value: 'untrusted' }
    const leaf = onlyLeaf(when, { asked: question({ session: { id: `ses_${ulid(1)}`, state } }) })
    expect(leaf).toMatchObject({ truth: 'true', value: ['untrusted'] })
  })
})
