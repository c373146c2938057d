import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { rewriteStrings } from './json-strings.ts'

const upper = (value: string) => value.toUpperCase()

describe('rewriteStrings', () => {
  it('rewrites where it was told to, and leaves every other character alone', () => {
    const json = '{ "a" : "x", "n": 1.10, "b":{"a":"x", "c":[ "y",{"a":"z"} ]}, "big": 12345678901234567890 }'
    expect(
      rewriteStrings(
        json,
        [
          ['b', 'a'],
          ['b', 'c', '*', 'a'],
        ],
        upper,
      ),
    ).toBe('{ "a" : "x", "n": 1.10, "b":{"a":"X", "c":[ "y",{"a":"Z"} ]}, "big": 12345678901234567890 }')
    expect(rewriteStrings(json, [['b', 'c', '*']], upper)).toContain('[ "Y",{"a":"z"} ]')
  })

  it('knows a member by its name, however that is written', () => {
    expect(rewriteStrings('{"t\\u0061sk":"x"}', [['task']], upper)).toBe('{"t\\u0061sk":"X"}')
  })

  it('writes a member that stands twice both times', () => {
    expect(rewriteStrings('{"a":"x","a":"y"}', [['a']], upper)).toBe('{"a":"X","a":"Y"}')
  })

  it.each([
    '{"a":"x"',
    '{"a" "x"}',
    '{a:"x"}',
    '["x"',
    '{"a":}',
    '{"a":"x}',
    '{"\\x":"x"}',
    '{"a":"\\x"}',
    '',
    '['.repeat(300),
  ])('gives null for what is no JSON: %s', (json) => {
    expect(rewriteStrings(json, [['a']], upper)).toBeNull()
  })

  it('changes nothing but the value, whatever the content', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), fc.constantFrom(0, 2), (content, value, indent) => {
        const tree = { before: content, at: { name: value }, after: content }
        const json = JSON.stringify(tree, null, indent)
        const written = rewriteStrings(json, [['at', 'name']], (text) => `<${text}>`)
        expect(written).toBe(JSON.stringify({ ...tree, at: { name: `<${value}>` } }, null, indent))
        expect(rewriteStrings(json, [['at', 'name']], (text) => text)).toBe(json)
      }),
    )
  })
})
