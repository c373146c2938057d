import { describe, expect, it } from '@jest/globals'
import { assert, nat, property, uniqueArray } from 'fast-check'
import { Runs } from './runs.ts'

const ascending = uniqueArray(nat({ max: 60 }), { maxLength: 40 }).map((values) =>
  values.toSorted((a, b) => a - b),
)

function runsOf(values: readonly number[]): Runs {
  const runs = new Runs()
  for (const value of values) runs.add(value)
  return runs
}

describe('runs of numbers', () => {
  it('are the numbers that were added', () => {
    assert(
      property(ascending, nat({ max: 61 }), nat({ max: 61 }), (values, from, to) => {
        const runs = runsOf(values)
        expect([...runs.values()]).toEqual(values)
        expect([runs.count, runs.first, runs.last]).toEqual([
          values.length,
          values[0] ?? null,
          values.at(-1) ?? null,
        ])
        expect(runs.meets(from, to)).toBe(values.some((value) => value >= from && value < to))
      }),
    )
  })

  it('take none that does not follow', () => {
    const runs = runsOf([4, 5])
    for (const value of [5, 4, 0]) expect(() => runs.add(value)).toThrow('does not follow')
  })
})
