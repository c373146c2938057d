import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { countOf, holdsPrint, printsFrom, unionOfPrints } from './prints.ts'

const print = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', '_'), minLength: 8, maxLength: 8 })
const some = fc.array(print, { maxLength: 60 })

describe('a set of fingerprints in one text', () => {
  it('holds what was put in, each once, in whatever order, and nothing else', () => {
    fc.assert(
      fc.property(some, print, (inside, other) => {
        const prints = printsFrom(inside)
        expect(countOf(prints)).toBe(new Set(inside).size)
        for (const one of inside) expect(holdsPrint(prints, one)).toBe(true)
        expect(holdsPrint(prints, other)).toBe(inside.includes(other))
        expect(printsFrom(inside.toReversed())).toBe(prints)
      }),
    )
  })

  it('joined with another is the set of both, and the very same text where nothing is new', () => {
    fc.assert(
      fc.property(some, some, (left, right) => {
        const both = unionOfPrints(printsFrom(left), printsFrom(right))
        expect(both).toBe(printsFrom([...left, ...right]))
        expect(unionOfPrints(both, printsFrom(right))).toBe(both)
      }),
    )
  })
})
