import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { bytesOf } from './golden.fixture.ts'
import { readStrictObject } from './strict-object.ts'

const keys = fc.string({ maxLength: 6 }).filter((key) => key !== '__proto__')
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 1.5, 'a":"b', '\\', 'x\\"', '{"a":1}'),
    fc.string(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
  ),
}))

describe('a payload', () => {
  it('reads as the object that it is, however it is spaced', () => {
    fc.assert(
      fc.property(fc.dictionary(keys, values.value), fc.constantFrom(0, 1, '\t'), (object, indent) => {
        const text = JSON.stringify(object, null, indent)
        expect(readStrictObject(bytesOf(text))).toEqual(JSON.parse(text))
      }),
    )
  })

  it('is ambiguous once any of its objects has a key twice, however the key is written', () => {
    fc.assert(
      fc.property(keys, values.value, values.value, fc.boolean(), (key, first, second, inside) => {
        const [a, b] = [first, second].map((value) => JSON.stringify(value))
        const twice = `{${JSON.stringify(key)}:${a}, "${escaped(key)}" :${b}}`
        expect(readStrictObject(bytesOf(inside ? `{"a":[${twice}]}` : twice))).toBe('payload_ambiguous')
      }),
    )
  })

  it.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['a text', '"a"'],
    ['a beginning', '{"hook_event_name":"PreToolUse"'],
    ['two objects', '{}{}'],
    ['a byte order mark', '\u{FEFF}{}'],
    ['a trailing comma', '{"a":1,}'],
    ['a comment', '{/* */}'],
    ['half a surrogate pair', String.raw`{"a":"\ud800"}`],
    ['half a pair in a key', String.raw`{"\udc00":1}`],
  ])('is malformed as %s', (_what, text) => {
    expect(readStrictObject(bytesOf(text))).toBe('payload_malformed')
  })

  it('is malformed when it is no UTF-8', () => {
    expect(readStrictObject(Uint8Array.of(0x7b, 0x22, 0xc3, 0x22, 0x3a, 0x31, 0x7d))).toBe(
      'payload_malformed',
    )
  })

  it.each([
    ['__proto__', '{"__proto__":{"a":1}}'],
    ['__proto__ in escapes', String.raw`{"a":{"\u005f_proto__":1}}`],
  ])('is ambiguous with a key %s', (_what, text) => {
    expect(readStrictObject(bytesOf(text))).toBe('payload_ambiguous')
  })

  it.each([
    ['8 MiB and one byte', `{"a":"${'x'.repeat(8 * 1024 * 1024)}"}`],
    ['a hundred lists in each other', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`],
    ['a hundred thousand values', `{"a":[${'0,'.repeat(100_000)}0]}`],
  ])('is too large with %s', (_what, text) => {
    expect(readStrictObject(bytesOf(text))).toBe('payload_too_large')
  })

  it('may carry a file of several megabytes, full of quotes and backslashes', () => {
    const content = '\\"'.repeat(1_500_000)
    expect(readStrictObject(bytesOf({ content }))).toEqual({ content })
  })
})

const escaped = (key: string): string =>
  Array.from(
    { length: key.length },
    (_, at) => `\\u${key.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('')
