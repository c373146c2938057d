import { describe, expect, it } from '@jest/globals'
import { parse } from 'smol-toml'
import type { Content } from './hook-file.ts'
import { Unmergeable } from './merge-json.ts'
import { mergedToml, unmergedToml } from './merge-toml.ts'

const OURS: Extract<Content, { form: 'toml' }> = {
  form: 'toml',
  values: [
    { table: '', key: 'allow_managed_hooks_only', value: 'true' },
    { table: 'features', key: 'hooks', value: 'true' },
    { table: 'hooks', key: 'managed_dir', value: '"/opt/writ"' },
  ],
  tables:
    '[[hooks.PreToolUse]]\nmatcher = ".*"\n[[hooks.PreToolUse.hooks]]\ncommand = "/opt/writ-hook codex"\n',
}

const theirs = `# of our company
allowed_approval_policies = ["never"] # sic

[features]
web = false

[[hooks.PreToolUse]]
matcher = "Bash"
`

describe('our keys and tables in a TOML file of somebody', () => {
  it('stand beside what is there, whose comments and lines stay', () => {
    const merged = mergedToml(theirs, OURS)
    for (const line of theirs.split('\n')) expect(merged.split('\n')).toContain(line)
    expect(parse(merged)).toMatchObject({
      allow_managed_hooks_only: true,
      allowed_approval_policies: ['never'],
      features: { web: false, hooks: true },
    })
  })

  it('come behind the hooks of others', () => {
    const one = theirs.replace('[[hooks.PreToolUse]]', '[hooks]\n\n[[hooks.PreToolUse]]')
    const { hooks } = parse(mergedToml(one, OURS))
    expect(hooks).toMatchObject({
      managed_dir: '/opt/writ',
      PreToolUse: [{ matcher: 'Bash' }, { matcher: '.*', hooks: [{ command: '/opt/writ-hook codex' }] }],
    })
  })

  it('are the same when they are put in twice', () => {
    const once = mergedToml(theirs.split('\n[[')[0] ?? '', OURS)
    expect(mergedToml(once, OURS)).toBe(once)
  })

  it.each([
    ['a = ', 'it is not readable as TOML'],
    ['features = { hooks = false }', 'our lines would not be read there as they are meant'],
    ['features = 1', 'our lines would not be read there as they are meant'],
    ['text = """\n[features]\n"""', 'our lines would not be read there as they are meant'],
  ])('are not put into %j', (text, why) => {
    expect(() => mergedToml(text, OURS)).toThrow(Unmergeable)
    expect(() => mergedToml(text, OURS)).toThrow(why)
  })

  it('are taken out to the byte, and a line that one stood for comes back', () => {
    const before = `allow_managed_hooks_only = false  # for now\n[features]\nhooks = false\n`
    const merged = mergedToml(before, OURS)
    expect(parse(merged)).toMatchObject({ allow_managed_hooks_only: true, features: { hooks: true } })
    expect(unmergedToml(merged)).toBe(before)
    expect(unmergedToml(mergedToml(null, OURS))).toBe('')
  })
})
