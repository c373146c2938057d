import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import type { Command } from 'commander'
import { cliConfig } from './config.ts'
import { writ } from './given-terminal.suite.ts'
import { everyCommand, programOf } from './program.ts'
import { terminalOf } from './terminal.ts'

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
const page = read('docs/cli.md')
const [top = '', ...sections] = page.split(/^## `writ /m)

/** How a command is called, as a heading says it, and what stands below. */
const documented = new Map(
  sections.map((section) => {
    const [usage = '', ...text] = section.split('`\n')
    return [usage, text.join('`\n')]
  }),
)

const optionsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^\| `(-[^`]+)`/gm)].map(([, flags]) => flags ?? '')

const pipes = { env: {}, stdin: process.stdin, stdout: process.stdout, stderr: process.stderr }
const program = programOf(cliConfig({}), terminalOf(false, pipes), () => Promise.resolve())
const commands = new Map(
  everyCommand(program)
    .filter((command) => command.commands.length === 0)
    .map((command) => [usageOf(command), command]),
)

/** `policy test <files...>` */
function usageOf(command: Command): string {
  const words: string[] = [command.usage().replace(/\[options\] ?/, '')]
  for (let at = command; at.parent !== null; at = at.parent) words.unshift(at.name())
  return words.filter((word) => word !== '').join(' ')
}

const pathOf = (usage: string): readonly string[] => usage.split(' ').filter((word) => /^[a-z]/.test(word))

describe('docs/cli.md', () => {
  it('names every command with its arguments, and no other', () => {
    expect([...documented.keys()].sort()).toEqual([...commands.keys()].sort())
    expect(documented.size).toBe(sections.length)
  })

  it('names what every command takes', () => {
    expect(optionsIn(top)).toEqual(['--json', '--help', '--version'])
  })

  describe.each([...commands])('of `writ %s`', (usage, command) => {
    const text = documented.get(usage) ?? ''

    it('names every option, and no other', () => {
      const own = command.options.map(({ flags }) => flags).filter((flags) => flags !== '--json')
      expect([...optionsIn(text)].sort()).toEqual([...own].sort())
    })

    it('has one example, of what the program takes', () => {
      const [example = '', ...more] = [...text.matchAll(/```bash\n([^`]+)\n```/g)].map(([, line]) => line)
      expect(more).toEqual([])
      expect(example).toMatch(new RegExp(`(^|= ?\\S+ )writ ${pathOf(usage).join(' ')}( |$)`))
      const known = command.options.map(({ long }) => long)
      for (const option of example.match(/ --[a-z-]+/g) ?? []) expect(known).toContain(option.trim())
      for (const { mandatory, long } of command.options) if (mandatory) expect(example).toContain(long)
    })

    it('says what its exit codes mean, in the words of its help', async () => {
      const told = /^Exit codes: 0 .*\.$/m.exec(text)?.[0]
      expect(told).toBeDefined()
      const { stdout } = await writ([...pathOf(usage), '--help'])
      expect([told, undefined]).toContain(/^Exit codes: .*$/m.exec(stdout)?.[0])
    })
  })

  it('says what the exit codes of all mean, in the words of the help', async () => {
    const { stdout } = await writ(['--help'])
    const told = /^Exit codes: .*$/m.exec(stdout)?.[0] ?? 'nothing'
    expect(top).toContain(told.replaceAll(', ', '; '))
  })
})

describe('README.md', () => {
  it('shows a policy that passes its own tests, and that lint has nothing to say about', async () => {
    const [, text = ''] = /```yaml\n(writ: 1\n[^`]+)```/.exec(read('README.md')) ?? []
    const folder = mkdtempSync(join(tmpdir(), 'writ-readme-'))
    const file = join(folder, 'refunds.yaml')
    writeFileSync(file, text)
    const tested = await writ(['policy', 'test', file])
    const linted = await writ(['policy', 'lint', file])
    rmSync(folder, { recursive: true })
    expect([tested.exitCode, tested.stdout]).toEqual([0, `${file}: 1 passed, 0 failed\n`])
    expect([linted.exitCode, linted.stdout]).toEqual([0, 'nothing to remark\n'])
  })

  it('names only commands that there are', () => {
    const named = [...read('README.md').matchAll(/npx writ ((?:[a-z]+ ?)+)/g)].map(([, path = '']) =>
      path.trim(),
    )
    expect(named.length).toBeGreaterThan(5)
    const paths = [...commands.keys()].map((usage) => pathOf(usage).join(' '))
    for (const path of named) expect(paths.filter((known) => path.startsWith(known))).not.toEqual([])
  })
})
