import { describe, expect, it } from '@jest/globals'
import { placeOf, stepsOf } from './positions.ts'

describe('a place', () => {
  it.each([
    [[], ''],
    [['rules', 2, 'when', 'all', 0], 'rules[2].when.all[0]'],
    [['patterns', 'order-number'], 'patterns.order-number'],
    [['rules', 0, 'modify', 'pii.*'], 'rules[0].modify["pii.*"]'],
    [['a"b\\', 'c'], '["a\\"b\\\\"].c'],
    [['7', 7], '["7"][7]'],
  ])('of %j is written %s, and read back', (steps, place) => {
    expect(placeOf(steps)).toBe(place)
    expect(stepsOf(place)).toEqual(steps)
  })
})
