import { describe, expect, it } from '@jest/globals'
import { PolicyDocument, PolicyTest } from '@writ/contracts'
import { explainLines } from '../explain-lines.ts'
import type { ClassOf } from './scenario.ts'
import type { TestResult } from './test-policy.ts'
import { askedByTest, explainCase, testPolicy } from './test-policy.ts'

const classOf: ClassOf = ({ method, named, connectionName }) => ({
  method,
  tool: named,
  class:
    named?.includes('refund') === true
      ? 'money'
      : named?.includes('page') === true
        ? 'read.untrusted'
        : 'read.private',
  classSource: 'inferred',
  resource: `${connectionName}/${named ?? ''}`,
})

const document = PolicyDocument.parse({
  writ: 1,
  title: 'refunds',
  rules: [
    {
      id: 'hourly',
      effect: 'deny',
      on: ['outbound'],
      when: {
        sum: 'args.amount',
        of: { class: ['money'] },
        window: '1h',
        plus: 'args.amount',
        op: 'gt',
        value: 5000,
      },
      reason: 'No more than 5000 an hour.',
    },
    {
      id: 'mail',
      effect: 'modify',
      when: { path: 'content.signals', op: 'has', value: 'pii.email' },
      modify: { 'pii.email': 'replace' },
      reason: 'Addresses stay here.',
    },
    {
      id: 'taint',
      effect: 'flag',
      on: ['inbound'],
      when: { path: 'action.class', op: 'eq', value: 'read.untrusted' },
      labels: { add: ['untrusted'] },
      reason: 'Words of strangers.',
    },
    {
      id: 'tainted-refund',
      effect: 'ask',
      on: ['outbound'],
      when: {
        all: [
          { path: 'action.class', op: 'eq', value: 'money' },
          { path: 'session.labels', op: 'has', value: 'untrusted' },
        ],
      },
      reason: 'Somebody should look.',
    },
    {
      id: 'not-for-them',
      effect: 'deny',
      when: {
        all: [
          { path: 'agent.groups', op: 'has', value: 'interns' },
          { path: 'human.name', op: 'eq', value: 'bo' },
        ],
      },
      reason: 'Not yet.',
    },
  ],
})

const run = (test: object, beside: readonly PolicyDocument[] = []): TestResult => {
  const parsed = PolicyTest.parse({ name: 'one', ...test })
  const { results } = testPolicy(document, [parsed], { classOf, beside })
  const [result] = results
  if (result === undefined) throw new Error('no result')
  return result
}
const deny = { decision: 'deny' }
const allow = { decision: 'allow' }
const refund = (amount: number) => ({ tool: 'refund', amount })

describe('a policy test', () => {
  it.each<[string, object]>([
    ['a call that nothing matches', { call: { tool: 'get_order' }, expect: { ...allow, rules: [] } }],
    [
      'a sum over the past',
      {
        history: [refund(2000), refund(2500)],
        call: { tool: 'refund', args: { amount: 600 } },
        expect: { ...deny, rules: ['hourly'] },
      },
    ],
    [
      'what has left the window',
      {
        history: [{ ...refund(4900), ago: '90m' }],
        call: { tool: 'refund', args: { amount: 600 } },
        expect: { ...allow, rules: [] },
      },
    ],
    [
      'what was denied before and so does not count',
      {
        history: [{ ...refund(4900), outcome: 'deny' }],
        call: { tool: 'refund', args: { amount: 600 } },
        expect: allow,
      },
    ],
    [
      'an instant of its own',
      {
        now: '2026-06-01T12:00:00Z',
        history: [{ ...refund(4900), at: '2026-06-01T11:30:00Z' }],
        call: { tool: 'refund', args: { amount: 600 } },
        expect: deny,
      },
    ],
    [
      'rewritten arguments, and their signals',
      {
        call: { tool: 'get_order', args: { note: 'for ana@example.com' } },
        expect: { ...allow, rules: ['mail'], args: { note: 'for [EMAIL]' }, signals: ['pii.email'] },
      },
    ],
    [
      'rewritten content of an answer',
      {
        call: { tool: 'get_order', direction: 'inbound', content: { by: 'ana@example.com' } },
        expect: { ...allow, content: { by: '[EMAIL]' } },
      },
    ],
    [
      'labels that an answer gives',
      {
        call: { tool: 'get_page', direction: 'inbound', content: 'x' },
        expect: { ...allow, labels: ['untrusted'] },
      },
    ],
    [
      'labels that earlier answers gave',
      {
        history: [{ tool: 'get_page', result: 'x' }],
        call: { tool: 'refund', args: { amount: 1 } },
        expect: { decision: 'ask', rules: ['tainted-refund'] },
      },
    ],
    [
      'labels that it starts with',
      { labels: ['untrusted'], call: { tool: 'refund', args: { amount: 1 } }, expect: { decision: 'ask' } },
    ],
    [
      'a class of its own',
      {
        labels: ['untrusted'],
        call: { tool: 'x', class: 'money', args: { amount: 1 } },
        expect: { decision: 'ask' },
      },
    ],
    [
      'a rule that cannot be evaluated',
      { call: { tool: 'refund', args: { amount: 'all' } }, expect: { ...deny, rules: ['hourly!'] } },
    ],
    [
      'named principals and their groups',
      { agent: { name: 'a', groups: ['interns'] }, human: 'bo', call: { tool: 'x' }, expect: deny },
    ],
    [
      'a default that denies',
      { default: 'deny', call: { tool: 'get_order' }, expect: { ...deny, rules: [] } },
    ],
  ])('passes for %s', (_, test) => {
    const result = run(test)
    expect(result.differences).toEqual([])
    expect(result).toMatchObject({ passed: true, trace: null })
  })

  it('counts policies that are attached beside', () => {
    const other = PolicyDocument.parse({
      writ: 1,
      rules: [
        {
          id: 'no-orders',
          effect: 'deny',
          when: { path: 'action.tool', op: 'eq', value: 'get_order' },
          reason: 'x',
        },
      ],
    })
    const test = { call: { tool: 'get_order' }, expect: { ...deny, rules: ['no-orders'] } }
    expect(run(test).passed).toBe(false)
    expect(run(test, [other]).passed).toBe(true)
  })

  it('says what was expected, what came and why', () => {
    const { passed, differences, trace } = run({
      history: [refund(2000)],
      call: { tool: 'refund', args: { amount: 600 } },
      expect: { decision: 'deny', rules: ['hourly'], labels: ['x'], signals: ['pii.card'], args: {} },
    })
    expect(passed).toBe(false)
    expect(differences).toEqual([
      { what: 'decision', expected: 'deny', got: 'allow' },
      { what: 'rules', expected: ['hourly'], got: [] },
      { what: 'args', expected: {}, got: { amount: 600 } },
      { what: 'signals', expected: ['pii.card'], got: [] },
      { what: 'labels', expected: ['x'], got: [] },
    ])
    expect(trace === null ? [] : explainLines(trace)).toEqual(
      expect.arrayContaining([
        'outcome: allow',
        'deny refunds / hourly: does not match',
        '  false: sum args.amount gt 5000, read 2600  [/when]',
      ]),
    )
  })

  it('answers the same however often it is asked', () => {
    const test = { history: [refund(1), refund(2)], call: refund(5000), expect: allow }
    const parsed = { ...test, call: { tool: 'refund', args: { amount: 5000 } } }
    expect(run(parsed)).toEqual(run(parsed))
  })

  it('rewrites nothing that a gateway protects', () => {
    const test = PolicyTest.parse({
      name: 'x',
      call: { tool: 'get_order', args: { id: 'ana@example.com' } },
      expect: { decision: 'deny', rules: ['mail!'] },
    })
    expect(testPolicy(document, [test], { classOf, protectedPointers: ['/arguments/id'] }).failed).toBe(0)
    expect(testPolicy(document, [test], { classOf }).failed).toBe(1)
  })

  it('explains a case that passes, too', () => {
    const test = PolicyTest.parse({ name: 'x', call: { tool: 'get_page' }, default: 'deny', expect: deny })
    expect(explainLines(explainCase([document], test, { classOf }))[0]).toBe(
      'outcome: deny by default: no allow rule matched',
    )
  })
})

const askedBy = (test: object) =>
  askedByTest(document, PolicyTest.parse({ name: 'one', ...test }), { classOf })

describe('what a test asks', () => {
  it('is the question that it is decided with, in the session that its history makes', () => {
    const { question, signals } = askedBy({
      agent: { name: 'a', groups: ['interns'] },
      human: 'bo',
      labels: ['seen'],
      history: [
        { tool: 'get_page', result: 'x' },
        { ...refund(4900), outcome: 'deny' },
      ],
      call: { connection: 'shop', tool: 'refund', args: { amount: 1 } },
      expect: deny,
    })
    expect(question).toMatchObject({
      agent: { name: 'a', groups: [expect.any(String), 'interns'] },
      human: { name: 'bo' },
      connection: { name: 'shop' },
      action: { tool: 'refund', class: 'money' },
      direction: 'outbound',
      args: { amount: 1 },
      session: { state: { labels: expect.arrayContaining(['seen', 'untrusted']), calls: 1, denials: 1 } },
    })
    expect(signals).toEqual([])
  })

  it('has the signals that the detectors publish for it', () => {
    const note = { note: 'for ana@example.com, or bob@example.com' }
    expect(askedBy({ call: { tool: 'x', args: note }, expect: allow }).signals).toEqual(['pii.email'])
    const answer = { tool: 'x', direction: 'inbound', content: note }
    expect(askedBy({ call: answer, expect: allow })).toMatchObject({
      question: { direction: 'inbound', content: note },
      signals: ['pii.email'],
    })
  })
})
