import { describe, expect, it } from '@jest/globals'
import type { Json } from '@writ/contracts'
import { JsonSchema } from '@writ/contracts'
import * as fc from 'fast-check'
import { canonical } from './canonical.ts'

/** A member of this name is left out wherever JSON is read through a schema, so no record has one. */
const names = fc.string({ unit: 'binary' }).filter((name) => name !== '__proto__')

const values = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary' }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(names, tie('value'), { maxKeys: 4 }),
  ),
})).value

const readBack = (text: string): Json => JsonSchema.parse(JSON.parse(text))

describe('the canonical form', () => {
  it('is the same after it was read back', () => {
    fc.assert(fc.property(values, (value) => canonical(readBack(canonical(value))) === canonical(value)))
  })

  it('reads no member that is named like a prototype', () => {
    expect(canonical(readBack('{"__proto__":{"a":1},"b":2}'))).toBe('{"b":2}')
  })

  it('means the same value', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), values), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).toReversed())
        expect(canonical(reversed)).toBe(canonical(object))
      }),
    )
  })

  it('sorts keys by code units and leaves no white space', () => {
    expect(canonical({ b: [1, null], a: { é: true, z: '\n' } })).toBe(
      '{"a":{"z":"\\n","é":true},"b":[1,null]}',
    )
  })

  it.each([
    [1.5],
    [Number.NaN],
    [Infinity],
    [2 ** 53],
    [undefined],
    [[undefined]],
    [{ a: undefined }],
    [() => 1],
    [1n],
  ])('refuses %p', (value) => {
    // @ts-expect-error this is what the types forbid
    expect(() => canonical(value)).toThrow(TypeError)
  })

  it('refuses a list with a hole', () => {
    expect(() => canonical(Array.from<Json>({ length: 2 }))).toThrow(TypeError)
  })
})
