import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { readStrictObject } from './strict-json.ts'

const read = (text: string) => readStrictObject(Buffer.from(text))

describe('a strict JSON object', () => {
  it('is read as JSON.parse reads it, whatever its strings hold', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (members) => {
        for (const indent of [0, 2]) {
          const text = JSON.stringify(members, null, indent)
          expect(read(text)).toEqual(JSON.parse(text))
        }
      }),
    )
  })

  it('is refused when one member comes twice, at any depth and however it is spelt', () => {
    const path = fc.array(fc.constantFrom('a', 'b', '[0]'), { maxLength: 4 })
    fc.assert(
      fc.property(fc.string(), path, fc.boolean(), (name, wrappers, isEscaped) => {
        const quoted = JSON.stringify(name)
        const again = isEscaped ? `"${escapeOf(name)}"` : quoted
        const twice = `{${quoted}:1,"between ${name.length}":{},${again} : 2}`
        const nested = wrappers.reduce((inner, wrapper) => wrap(inner, wrapper), twice)
        expect(read(`{"top":${nested}}`)).toBeNull()
      }),
    )
  })

  it.each([
    ['the same name in two objects', '{"a":{"x":1},"b":{"x":2}}'],
    ['a name that is also a value', '{"a":"a","b":["a","a"]}'],
    ['braces and quotes inside strings', String.raw`{"a":"{\"a\":1}","b":"}"}`],
    ['__proto__ as an ordinary name', '{"__proto__":{"x":1}}'],
  ])('may hold %s', (_what, text) => {
    expect(read(text)).toEqual(JSON.parse(text))
  })

  it.each([
    ['an array', '[]'],
    ['null', 'null'],
    ['a string', '"a"'],
    ['nothing', ''],
    ['two objects', '{}{}'],
    ['a comment', '{/**/}'],
    ['a byte order mark', '\ufeff{}'],
    ['a lone quote', '{"a'],
  ])('is not %s', (_what, text) => {
    expect(read(text)).toBeNull()
  })

  it('is valid UTF-8', () => {
    expect(readStrictObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBeNull()
  })
})

/** Every UTF-16 unit as an escape. */
const escapeOf = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => {
    const hex = text.charCodeAt(at).toString(16).padStart(4, '0')
    return String.raw`\u${hex}`
  }).join('')

const wrap = (inner: string, wrapper: string): string =>
  wrapper === '[0]' ? `[${inner}]` : `{"${wrapper}":${inner}}`
