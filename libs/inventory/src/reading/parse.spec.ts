import { describe, expect, it } from '@jest/globals'
import type { Format } from './parse.ts'
import { parse } from './parse.ts'
import { tableAt, valueAt } from './value.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = (format: Format, text: string) => parse(format, bytes(text))

describe('a configuration', () => {
  it('is JSON with comments, commas at the end and a byte order mark', () => {
    const { value, problem } = read('jsonc', '\ufeff{ // c\n "a": [1, 2,], /* d */ "b": {"c": null,}, }')
    expect([valueAt(value, 'a'), valueAt(value, 'b', 'c'), problem]).toEqual([[1, 2], null, null])
  })

  it('is TOML, with dates and large numbers', () => {
    const { value } = read('toml', '[a.b]\nc = 1979-05-27T07:32:00Z\n[[d]]\ne = "x"\n')
    expect(valueAt(value, 'a', 'b', 'c')).toContain('1979-05-27')
  })

  it('is YAML, whose names may be no texts', () => {
    const { value } = read('yaml', 'a: &x {b: 1}\nc: *x\n1: one\n')
    expect([valueAt(value, 'c', 'b'), valueAt(value, '1')]).toEqual([1, 'one'])
  })

  it('is read as far as it goes where it is broken, with the line and nothing of the text', () => {
    const { value, problem } = read('jsonc', '{"a": {"b": "kept"},\n oops-secret ')
    expect([valueAt(value, 'a', 'b'), problem]).toEqual(['kept', 'it is not valid JSON (line 2)'])
  })

  it.each<[Format, string]>([
    ['toml', 'a = ghp_secretsecretsecretsecret'],
    ['yaml', 'a: {b: [ghp_secretsecretsecret'],
    ['jsonc', '{ghp_secretsecretsecretsecret}'],
  ])('in %s never shows its text in a problem', (format, text) => {
    const { problem } = read(format, text)
    expect(problem).toMatch(/^it is not valid/)
    expect(problem).not.toContain('secret')
  })

  it('may be empty', () => {
    expect(read('jsonc', '').problem).toBeNull()
    expect(read('toml', '').problem).toBeNull()
    expect(read('yaml', '').problem).toBeNull()
  })

  it('of which a name stands twice says the last', () => {
    expect(valueAt(read('jsonc', '{"a":1,"a":2}').value, 'a')).toBe(2)
  })

  it('is read by its names only, whatever they are', () => {
    const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":"x"}'
    const { value } = read('jsonc', text)
    expect(tableAt(value, '__proto__')?.get('polluted')).toBe(1)
    expect(valueAt(value, 'hasOwnProperty')).toBeUndefined()
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
    const inToml = read('toml', '[__proto__]\npolluted = 1\n[a.constructor.prototype]\npolluted = 1\n')
    expect(tableAt(inToml.value, '__proto__')?.get('polluted')).toBe(1)
    read('yaml', '__proto__: {polluted: 1}\n')
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })

  it.each<[string, Format, string]>([
    ['lists in lists', 'jsonc', '['.repeat(200_000)],
    ['tables in tables', 'jsonc', '{"a":'.repeat(150)],
    ['lists in lists of YAML', 'yaml', '['.repeat(20_000)],
    ['lists in lists of TOML', 'toml', `a = ${'['.repeat(20_000)}`],
    ['more values than anybody writes', 'jsonc', `[${'1,'.repeat(450_000)}1]`],
    ['too much YAML', 'yaml', `a: ${'x'.repeat(300_000)}`],
    [
      'YAML that unfolds into more and more',
      'yaml',
      `${Array.from({ length: 12 }, (_, at) => `a${at}: &a${at} [${at === 0 ? 'x' : Array.from({ length: 10 }, () => `*a${at - 1}`).join(',')}]`).join('\n')}\n`,
    ],
  ])('of %s is a problem and no crash', (_, format, text) => {
    const startedMs = performance.now()
    const { problem } = read(format, text)
    expect(problem).toMatch(/^it is (?:too|not)/)
    expect(performance.now() - startedMs).toBeLessThan(5000)
  })

  it('is not too deep because of what its texts and comments hold', () => {
    const many = '[{'.repeat(5000)
    const { value, problem } = read('jsonc', `{"a":"${many}", /* ${many} */ "b": 1} // ${many}`)
    expect([valueAt(value, 'b'), problem]).toEqual([1, null])
  })

  it('in UTF-16 is read, and what is not UTF-8 is read as far as it is, and said', () => {
    const utf16 = Uint8Array.from([0xff, 0xfe, ...Buffer.from('{"a":1}', 'utf16le')])
    expect(valueAt(parse('jsonc', utf16).value, 'a')).toBe(1)
    const broken = Uint8Array.from([...bytes('{"a":"'), 0xc3, 0x28, ...bytes('","b":1}')])
    expect([valueAt(parse('jsonc', broken).value, 'b'), parse('jsonc', broken).problem]).toEqual([
      1,
      'it is not valid UTF-8',
    ])
  })
})
