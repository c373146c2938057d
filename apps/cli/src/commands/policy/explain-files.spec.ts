import { describe, expect, it } from '@jest/globals'
import { writ } from '../../given-terminal.suite.ts'
import { givenFiles, REFUNDS } from './given-files.suite.ts'

const { file } = givenFiles()

const ASKED = ['policy', 'explain', '--agent', 'bot', '--connection', 'shop', '--tool', 'refund']

const asking = (...args: readonly string[]) =>
  writ([...ASKED, '--policy', file('refunds.yaml', REFUNDS), ...args])

const LABELLED = `writ: 1
rules:
  - id: tainted
    effect: deny
    when: { path: session.labels, op: has, value: untrusted }
    reason: Not after words of strangers.
`

describe('policy explain --policy', () => {
  it('names rule, leaf and value without any server', async () => {
    expect(await asking('--args', '{"amount":6000}')).toEqual({
      exitCode: 1,
      stderr: '',
      stdout:
        'outcome: deny\n' +
        'deny refunds / hourly: matches\n' +
        '  true: sum args.amount gt 5000, read 6000  [/when]\n',
    })
    expect((await asking('--args', '{"amount":1}')).exitCode).toBe(0)
  })

  it('takes history and labels as tests of policies do', async () => {
    const history = file('past.yaml', 'history: [{ tool: create_refund, amount: 4500 }]\n')
    const { exitCode, stdout } = await asking('--args', '{"amount":501}', '--history', history)
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('sum args.amount gt 5000, read 5001')])
    const labelled = file('labelled.yaml', LABELLED)
    const run = (...more: readonly string[]) => writ([...ASKED, '--policy', labelled, ...more])
    expect((await run()).exitCode).toBe(0)
    expect((await run('--labels', 'private', 'untrusted')).exitCode).toBe(1)
    expect((await run('--history', file('labels.json', { labels: ['untrusted'] }))).exitCode).toBe(1)
  })

  it.each([
    [['--labels', 'Not A Label'], 'that is not a label'],
    [['--history', 'gone.yaml'], 'cannot read gone.yaml'],
  ])('is 2 for %j', async (options, message) => {
    const { exitCode, stderr } = await asking(...options)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)])
  })

  it('names line and column of a history that is none', async () => {
    const history = file('past.yaml', 'history:\n  - { tool: a, outcome: maybe }\n')
    const { exitCode, stderr } = await asking('--history', history)
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringMatching(/past\.yaml:2:\d+: error: history\[0\]\.outcome/),
    ])
  })
})
