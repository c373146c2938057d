import { describe, expect, it } from '@jest/globals'
import { PolicyDocument } from './policy.ts'

const rule = {
  id: 'no-push',
  effect: 'deny',
  when: { path: 'action.tool', op: 'eq', value: 'push' },
  reason: 'Not here.',
}
const withCondition = (when: object): object => ({ writ: 1, rules: [{ ...rule, when }] })
/** So many comparisons, in lists that are no longer than a list may be. */
const nested = (count: number): object => ({
  any: Array.from({ length: Math.ceil(count / 64) }, (_, at) => ({
    all: Array.from({ length: Math.min(64, count - at * 64) }, () => rule.when),
  })),
})
const accepts = (document: unknown): boolean => PolicyDocument.safeParse(document).success

describe('a policy document', () => {
  it('may compare with a text of 4096 characters', () => {
    const when = { path: 'args.t', op: 'eq', value: 'a'.repeat(4096) }
    expect(accepts({ writ: 1, rules: [{ ...rule, when }] })).toBe(true)
  })

  it('may have 256 comparisons in a rule', () => {
    expect(accepts(withCondition(nested(256)))).toBe(true)
  })

  it('is enforced, in both directions, unless it says otherwise', () => {
    const document = PolicyDocument.parse({ writ: 1, rules: [rule] })
    expect(document.mode).toBe('enforce')
    expect(document.rules[0]?.on).toEqual(['outbound', 'inbound'])
  })

  it.each([
    ['no rule', { writ: 1, rules: [] }],
    ['another version', { writ: 2, rules: [rule] }],
    ['an unknown field', { writ: 1, rules: [rule], priority: 1 }],
    ['an unknown effect', { writ: 1, rules: [{ ...rule, effect: 'maybe' }] }],
    [
      'an unknown operator',
      { writ: 1, rules: [{ ...rule, when: { path: 'action.tool', op: 'like', value: 'x' } }] },
    ],
    [
      'a path from nowhere',
      { writ: 1, rules: [{ ...rule, when: { path: 'process.env', op: 'eq', value: 'x' } }] },
    ],
    ['a rule without a reason', { writ: 1, rules: [{ ...rule, reason: '' }] }],
    ['a modify rule that modifies nothing', { writ: 1, rules: [{ ...rule, effect: 'modify' }] }],
    ['a deny rule that modifies', { writ: 1, rules: [{ ...rule, modify: { 'pii.*': 'replace' } }] }],
    [
      'a long text to search for',
      { writ: 1, rules: [{ ...rule, when: { path: 'args.t', op: 'contains', value: 'a'.repeat(257) } }] },
    ],
    [
      'a long glob',
      { writ: 1, rules: [{ ...rule, when: { path: 'args.t', op: 'glob', value: 'a'.repeat(257) } }] },
    ],
    ['257 comparisons', { writ: 1, rules: [{ ...rule, when: nested(257) }] }],
    ['an allow rule that says how it asks', { writ: 1, rules: [{ ...rule, ask: { ttl: '5m' } }] }],
    [
      'a comparison with a value and a path',
      withCondition({ path: 'args.a', op: 'eq', value: 1, to: 'args.b' }),
    ],
    ['a comparison with neither', withCondition({ path: 'args.a', op: 'eq' })],
    ['a window of more than a day', withCondition({ count: {}, window: '25h', op: 'gt', value: 1 })],
    ['a pattern without a name', { writ: 1, patterns: { '': 'a' }, rules: [rule] }],
    ['a condition that is two', { writ: 1, rules: [{ ...rule, when: { all: [], any: [] } }] }],
  ])('is refused with %s', (_what, document) => {
    expect(accepts(document)).toBe(false)
  })
})
