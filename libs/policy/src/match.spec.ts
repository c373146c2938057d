import { describe, expect, it } from '@jest/globals'
import type { Json } from '@writ/contracts'
import * as fc from 'fast-check'
import { matcherOf } from './match.ts'
import type { PlainOperator } from './match.ts'

/** What the operator says of a value: null where it cannot judge it. */
function says(value: Json, op: PlainOperator, operand: Json): boolean | null {
  const matcher = matcherOf(op, operand)
  if (matcher === null) throw new Error(`${op} does not take ${JSON.stringify(operand)}`)
  return matcher(value)
}

const scalar = fc.constantFrom<Json>(0, 1, -0, '', '0', 'a', true, false, null)
const list = fc.array(scalar, { maxLength: 40 })

describe('an operator', () => {
  it.each<[Json, PlainOperator, Json, boolean | null]>([
    [5, 'eq', 5, true],
    ['5', 'eq', 5, false],
    ['A', 'eq', 'a', false],
    [null, 'eq', null, true],
    [[5], 'eq', 5, null],
    [{}, 'eq', 5, null],
    [5, 'in', [4, 5], true],
    [5, 'in', ['5'], false],
    [null, 'in', [null], true],
    [[5], 'in', [5], null],
    [2, 'gt', 1, true],
    [1, 'gt', 1, false],
    [1, 'gte', 1, true],
    [0, 'gte', 1, false],
    [0, 'lt', 1, true],
    [1, 'lt', 1, false],
    [1, 'lte', 1, true],
    [2, 'lte', 1, false],
    ['b', 'gt', 'a', true],
    ['10', 'lt', '9', true],
    ['2', 'gt', 1, null],
    [2, 'gt', '1', null],
    [true, 'gt', 0, null],
    [[2], 'gt', 1, null],
    [null, 'gt', 1, false],
    ['abc', 'startsWith', 'ab', true],
    ['abc', 'startsWith', 'bc', false],
    ['abc', 'endsWith', 'bc', true],
    ['abc', 'endsWith', 'ab', false],
    ['abc', 'contains', 'b', true],
    ['abc', 'contains', '', true],
    ['abc', 'contains', 'ac', false],
    ['a/b/c', 'glob', 'a/*c', true],
    ['a/b/c', 'glob', 'a/*d', false],
    [['abc'], 'contains', 'b', null],
    [['abc'], 'glob', '*', null],
    [['abc'], 'startsWith', 'a', null],
    [5, 'endsWith', '5', null],
    [null, 'glob', '*', false],
    [null, 'startsWith', '', false],
    [['a', 'b'], 'has', 'b', true],
    [['ab'], 'has', 'b', false],
    ['b', 'has', 'b', true],
    [null, 'has', null, true],
    [{ b: 'b' }, 'has', 'b', null],
    [['a'], 'hasAny', ['a', 'b'], true],
    [['c'], 'hasAny', ['a', 'b'], false],
    [['a'], 'hasAny', [], false],
    ['a', 'hasAny', ['a'], true],
    [['a', 'b'], 'hasAll', ['a', 'b'], true],
    [['a'], 'hasAll', ['a', 'b'], false],
    [[], 'hasAll', [], true],
    ['a', 'hasAll', ['a'], true],
    [['a'], 'subsetOf', ['a', 'b'], true],
    [['a', 'c'], 'subsetOf', ['a', 'b'], false],
    [[], 'subsetOf', [], true],
    [{}, 'subsetOf', [], null],
    ['10.0.0.1', 'cidr', '10.0.0.0/8', true],
    ['11.0.0.1', 'cidr', ['10.0.0.0/8', '11.0.0.1'], true],
    ['db.example', 'cidr', '0.0.0.0/0', false],
    ['10.0.0.1:80', 'cidr', '10.0.0.0/8', null],
    [['10.0.0.1'], 'cidr', '10.0.0.0/8', null],
    [null, 'cidr', '10.0.0.0/8', false],
    ['2026-01-01T00:00:00Z', 'before', '2026-01-01T00:00:01Z', true],
    ['2026-01-01T00:00:00Z', 'before', '2026-01-01T01:00:00+01:00', false],
    ['2026-01-01T00:00:00Z', 'after', '2026-01-01T01:00:00+01:00', false],
    ['2026-01-01T00:00:00.001Z', 'after', '2026-01-01T00:00:00Z', true],
    ['soon', 'before', '2026-01-01T00:00:00Z', null],
    [1767225600000, 'before', '2026-01-01T00:00:00Z', null],
    [null, 'before', '2026-01-01T00:00:00Z', false],
  ])('says of %j %s %j: %j', (value, op, operand, expected) =>
    expect(says(value, op, operand)).toBe(expected),
  )

  it.each<[PlainOperator, Json]>([
    ['eq', ['a']],
    ['in', 'a'],
    ['in', [['a']]],
    ['gt', true],
    ['lte', null],
    ['startsWith', 5],
    ['glob', null],
    ['contains', ['a']],
    ['has', ['a']],
    ['hasAny', 'a'],
    ['hasAll', [{}]],
    ['subsetOf', null],
    ['cidr', '10.0.0.0/33'],
    ['cidr', ['10.0.0.0/8', 'db.example']],
    ['before', 'soon'],
    ['after', 0],
  ])('%s does not take %j', (op, operand) => expect(matcherOf(op, operand)).toBeNull())

  it('on lists says what it means, however long they are', () => {
    fc.assert(
      fc.property(list, list, (held, wanted) => {
        expect(says(held, 'hasAny', wanted)).toBe(wanted.some((one) => held.includes(one)))
        expect(says(held, 'hasAll', wanted)).toBe(wanted.every((one) => held.includes(one)))
        expect(says(held, 'subsetOf', wanted)).toBe(held.every((one) => wanted.includes(one)))
      }),
      { numRuns: 2000 },
    )
    const many = Array.from({ length: 200 }, (_, at) => at)
    for (const [op, operand] of [
      ['has', 199],
      ['hasAny', [-1, 199]],
      ['hasAll', [0, 199]],
      ['subsetOf', many.toReversed()],
    ] as const)
      expect(says(many, op, operand)).toBe(true)
    expect(says(many, 'hasAll', [0, 200])).toBe(false)
    expect(says([...many, 200], 'subsetOf', many)).toBe(false)
  })
})
