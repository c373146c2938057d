import { describe, expect, it } from '@jest/globals'
import { TEMPLATES } from '@writ/policy'
import { objectIn, writ } from '../../given-terminal.suite.ts'
import { CEDAR, givenFiles, REFUNDS } from './given-files.suite.ts'

const { file } = givenFiles()

const FAILING = REFUNDS.replace('amount: 600', 'amount: 400')

describe('policy test', () => {
  it('is 0 where all tests pass', async () => {
    const path = file('refunds.yaml', REFUNDS)
    expect(await writ(['policy', 'test', path])).toEqual({
      exitCode: 0,
      stdout: `${path}: 1 passed, 0 failed\n`,
      stderr: '',
    })
  })

  it('is 1 where one fails, and says what was expected, what came, where and why', async () => {
    const path = file('refunds.yaml', FAILING)
    const { exitCode, stdout } = await writ(['policy', 'test', path])
    expect(exitCode).toBe(1)
    expect(stdout.split('\n')).toEqual([
      `${path}: 0 passed, 1 failed`,
      `  FAILED third refund breaks the cap (${path}:10)`,
      '    decision: expected "deny", got "allow"',
      '    rules: expected ["hourly"], got []',
      '    why:',
      '      outcome: allow',
      '      deny refunds / hourly: does not match',
      '        false: sum args.amount gt 5000, read 4900  [/when]',
      '',
    ])
  })

  it('runs a file of tests against all policies together, Cedar among them', async () => {
    const tests = file('all.tests.yaml', {
      tests: [
        { name: 'a', call: { tool: 'push_files' }, expect: { decision: 'deny', rules: ['no-push'] } },
        {
          name: 'b',
          call: { tool: 'refund', args: { amount: 6000 } },
          expect: { decision: 'deny', rules: ['hourly'] },
        },
      ],
    })
    const files = [file('refunds.yaml', REFUNDS), file('push.cedar', CEDAR)]
    const { exitCode, stdout } = await writ(['policy', 'test', ...files, '--tests', tests, '--json'])
    expect([exitCode, stdout]).toEqual([0, expect.any(String)])
    expect(objectIn(stdout)['files']).toMatchObject([
      { file: files[0], passed: 1 },
      { file: tests, passed: 2, failed: 0 },
    ])
  })

  it.each([
    ['bad.yaml', REFUNDS.replace('op: gt', 'op: gtt'), /bad\.yaml:7:\d+: error: rules\[0\]\.when\.op: /],
    ['bad.json', '{"writ": 1,', /bad\.json:1:\d+: error: /],
    [
      'bad.cedar',
      'permit (principal, action, resource) when { context.x like };',
      /bad\.cedar:1:\d+: error: /,
    ],
  ])('is 1 for %s and names the line', async (name, text, wanted) => {
    const { exitCode, stdout } = await writ(['policy', 'test', file(name, text)])
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(wanted)])
  })

  it.each([
    [['gone.yaml'], 'cannot read gone.yaml'],
    [['notes.txt'], 'notes.txt could be anything'],
    [['untested.yaml'], 'there are no tests in these files'],
    [[], "missing required argument 'files'"],
  ])('is 2 for %j', async (names, message) => {
    const given: Readonly<Record<string, string>> = {
      'notes.txt': 'x',
      'untested.yaml': REFUNDS.slice(0, REFUNDS.indexOf('tests:')),
    }
    const paths = names.map((name) => (given[name] === undefined ? name : file(name, given[name])))
    const { exitCode, stderr } = await writ(['policy', 'test', ...paths])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(message)
  })

  it.each(TEMPLATES.map(({ name, document }) => [name, document] as const))(
    'passes for the template %s, with the classes of the classifier',
    async (name, document) => {
      const { exitCode, stdout } = await writ(['policy', 'test', file(`${name}.json`, document)])
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining(' 0 failed')])
    },
  )
})
