import { describe, expect, it } from '@jest/globals'
import type { BundlePolicy, Condition, Rule } from '@writ/contracts'
import { compilePolicies } from './compile.ts'
import { group, groupOf, NO_SETTINGS, policy, policyOf, rule } from './given.suite.ts'
import { needsOf } from './needs.ts'

const NOTHING = { content: false, session: false, keys: false }

const needs = (policies: readonly BundlePolicy[], direction: 'outbound' | 'inbound' = 'outbound') =>
  needsOf(compilePolicies(policies, NO_SETTINGS), [groupOf(1)], direction)
const whenSo = (when: Condition) => policy([rule({ when })])
const modifying = (modify: NonNullable<Rule['modify']>) => policy([rule({ effect: 'modify', modify })])
const UNTRUSTED: Condition = { path: 'session.labels', op: 'has', value: 'untrusted' }

describe('what a decision needs', () => {
  it.each<[string, BundlePolicy, Partial<typeof NOTHING>]>([
    ['is nothing for a rule that is always true', policy([rule({})]), {}],
    ['is nothing for the arguments', whenSo({ path: 'args.a', op: 'eq', value: 1 }), {}],
    ['is nothing for a member of the content', whenSo({ path: 'content.a', op: 'eq', value: 1 }), {}],
    ['is nothing for the id of the session', whenSo({ path: 'session.id', op: 'eq', value: 'a' }), {}],
    ['is nothing for a pattern over an argument', matching(), {}],
    [
      'is inspection for a signal',
      whenSo({ path: 'content.signals', op: 'has', value: 'pii.email' }),
      { content: true },
    ],
    ['is inspection for a signal of a pattern', patterned(), { content: true }],
    [
      'is inspection for the absence of a signal',
      whenSo({ not: { path: 'content.signals', op: 'has', value: 'pii.email' } }),
      { content: true },
    ],
    [
      'is inspection for a rule that rewrites, whatever its condition',
      modifying({ 'pii.*': 'mask' }),
      { content: true },
    ],
    ['is the session for its labels', whenSo(UNTRUSTED), { session: true }],
    [
      'is the session for its age',
      whenSo({ path: 'session.ageSeconds', op: 'gt', value: 1 }),
      { session: true },
    ],
    [
      'is the session for a count',
      whenSo({ count: { event: 'call' }, window: '1h', op: 'gt', value: 1 }),
      { session: true },
    ],
    [
      'is session and keys for a count of like calls',
      whenSo({ count: { event: 'call', same: 'arguments' }, op: 'gt', value: 1 }),
      { session: true, keys: true },
    ],
    [
      'is session and keys for where a value was met',
      whenSo({ path: 'provenance.to', op: 'has', value: 'user' }),
      { session: true, keys: true },
    ],
    [
      'is session and keys for whether a host was met',
      whenSo({ path: 'resource.contact', op: 'eq', value: 'first' }),
      { session: true, keys: true },
    ],
    [
      'is the keys for a keyed rewriting',
      modifying({ 'pii.*': 'mask', 'pii.card': 'token' }),
      { content: true, keys: true },
    ],
    ['is found behind "to"', whenSo({ path: 'args.a', op: 'in', to: 'session.labels' }), { session: true }],
    ['is found in an exception', policy([rule({ unless: UNTRUSTED })]), { session: true }],
    ['is found however deep it stands', whenSo({ any: [{ all: [{ not: UNTRUSTED }] }] }), { session: true }],
    [
      'is the same for a shadow policy, which is decided as well',
      policy([rule({ when: UNTRUSTED })], { mode: 'shadow' }),
      { session: true },
    ],
    [
      'is nothing for a rule that cannot be compiled',
      whenSo({ path: 'session.gone', op: 'eq', value: 1 }),
      {},
    ],
    ['is nothing for a rule of another group', policy([rule({ when: UNTRUSTED })], { groups: [2] }), {}],
    [
      'is nothing for a rule of the other direction',
      policy([rule({ when: UNTRUSTED, on: ['inbound'] })]),
      {},
    ],
  ])('%s', (_, one, needed) => expect(needs([one])).toEqual({ ...NOTHING, ...needed }))

  it('is what all rules need together', () => {
    const [labels, mails] = [whenSo(UNTRUSTED), modifying({ 'pii.email': 'hash' })]
    expect(needs([labels, { ...mails, id: policyOf(2) }])).toEqual({
      content: true,
      session: true,
      keys: true,
    })
  })

  it('is told for each direction, whatever was asked before', () => {
    const compiled = compilePolicies([policy([rule({ when: UNTRUSTED, on: ['inbound'] })])], NO_SETTINGS)
    const told = (['outbound', 'inbound', 'outbound'] as const).map(
      (direction) => needsOf(compiled, [groupOf(1)], direction).session,
    )
    expect(told).toEqual([false, true, false])
  })

  it('is told for the groups of the caller together, in any order', () => {
    const settings = { groups: [group(1), group(2)], overrides: [] }
    const compiled = compilePolicies([policy([rule({ when: UNTRUSTED })], { groups: [2] })], settings)
    const told = [[1], [1, 2], [2, 1], [3], []].map(
      (groups) => needsOf(compiled, groups.map(groupOf), 'outbound').session,
    )
    expect(told).toEqual([false, true, true, false, false])
  })
})

function matching(): BundlePolicy {
  const when: Condition = { path: 'args.a', op: 'matches', value: 'order' }
  return policy([rule({ when })], { patterns: { order: 'ORD' } })
}

function patterned(): BundlePolicy {
  const when: Condition = { path: 'content.signals', op: 'has', value: 'pattern.order' }
  return policy([rule({ when })], { patterns: { order: 'ORD' } })
}
