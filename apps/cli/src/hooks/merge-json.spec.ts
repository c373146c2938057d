import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { Setting } from './hook-file.ts'
import { mergedJson, Unmergeable, unmergedJson } from './merge-json.ts'

const OURS: readonly Setting[] = [
  { at: ['allowManagedHooksOnly'], value: true },
  { at: ['hooks', 'PreToolUse'], item: { hooks: [{ command: '/opt/writ-hook', args: ['claude-code'] }] } },
]

const theirs = `{
  // what we want
  "model": "x",
  "hooks": {
    "PreToolUse": [
      { "hooks": [{ "command": "lint" }] }
    ]
  }
}
`

describe('our settings in a JSON file of somebody', () => {
  it('stand beside what is there, whose comments and order stay', () => {
    const merged = mergedJson(theirs, OURS)
    expect(merged).toContain('// what we want')
    expect(merged.indexOf('"model"')).toBeLessThan(merged.indexOf('"allowManagedHooksOnly": true'))
    expect(merged.indexOf('"lint"')).toBeLessThan(merged.indexOf('/opt/writ-hook'))
    expect(merged).toContain('/opt/writ-hook')
  })

  it('make a file where there was none', () => {
    expect(JSON.parse(mergedJson(null, OURS))).toEqual({
      allowManagedHooksOnly: true,
      hooks: { PreToolUse: [{ hooks: [{ command: '/opt/writ-hook', args: ['claude-code'] }] }] },
    })
    expect(mergedJson(' \n', OURS)).toBe(mergedJson(null, OURS))
  })

  it('change nothing when they are there already', () => {
    const once = mergedJson(theirs, OURS)
    expect(mergedJson(once, OURS)).toBe(once)
  })

  it('take the place of what an earlier version of ours put there', () => {
    const earlier: Setting = { at: ['hooks', 'PreToolUse'], item: { command: '/old/writ-hook claude-code' } }
    const merged: unknown = JSON.parse(mergedJson(mergedJson('{}', [earlier]), OURS))
    expect(merged).toEqual(JSON.parse(mergedJson(null, OURS)))
  })

  it('keep tabs and the line ends of Windows', () => {
    const merged = mergedJson('{\r\n\t"a": 1\r\n}\r\n', OURS)
    expect(merged).toContain('\r\n\t"allowManagedHooksOnly": true')
    expect(merged.replaceAll('\r\n', '')).not.toContain('\n')
  })

  it.each([
    ['{ "hooks": ', 'it is not readable as JSON'],
    ['[]', 'it holds no JSON object'],
    ['{ "hooks": [] }', '`hooks` is no object'],
    ['{ "hooks": { "PreToolUse": {} } }', '`hooks.PreToolUse` is no list'],
    ['{ "hooks": {}, "hooks": { "PreToolUse": [] } }', '`hooks` stands there twice'],
  ])('are not put into %s', (text, why) => {
    expect(() => mergedJson(text, OURS)).toThrow(new Unmergeable(why))
  })
})

describe('our settings, taken out again', () => {
  it('leave what others have written in the meantime', () => {
    const merged = mergedJson(theirs, OURS).replace('"model": "x"', '"model": "y"')
    expect(JSON.parse(withoutComments(unmergedJson(merged, OURS, theirs)))).toEqual({
      model: 'y',
      hooks: { PreToolUse: [{ hooks: [{ command: 'lint' }] }] },
    })
  })

  it('give back a value that they stood for', () => {
    const before = '{ "allowManagedHooksOnly": false }'
    expect(JSON.parse(unmergedJson(mergedJson(before, OURS), OURS, before))).toEqual({
      allowManagedHooksOnly: false,
    })
  })

  it('leave a value that somebody has changed since', () => {
    const changed = mergedJson(null, OURS).replace('true', '"no"')
    expect(JSON.parse(unmergedJson(changed, OURS, null))).toEqual({ allowManagedHooksOnly: 'no' })
  })

  it('leave what stood there before and says the same', () => {
    const before = mergedJson(null, OURS)
    expect(unmergedJson(mergedJson(before, OURS), OURS, before)).toBe(before)
  })

  it('leave any file with the meaning that it had', () => {
    const settings = fc.dictionary(fc.constantFrom('a', 'b', 'model', 'hooks2'), fc.jsonValue())
    const hooks = fc.dictionary(fc.constantFrom('PreToolUse', 'Stop'), fc.array(fc.jsonValue()))
    fc.assert(
      fc.property(settings, fc.option(hooks, { nil: undefined }), (more, own) => {
        const before = JSON.stringify({ ...more, ...(own && { hooks: own }) })
        const back = unmergedJson(mergedJson(before, OURS), OURS, before)
        expect(JSON.parse(back)).toEqual(JSON.parse(before))
      }),
    )
  })
})

const withoutComments = (text: string): string => text.replaceAll(/^\s*\/\/.*$/gm, '')
