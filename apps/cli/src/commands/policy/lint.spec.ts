import { describe, expect, it } from '@jest/globals'
import { json } from '../../given-server.suite.ts'
import { objectIn, writ } from '../../given-terminal.suite.ts'
import { API_KEY, CEDAR, givenFiles, REFUNDS } from './given-files.suite.ts'

const { file, serve } = givenFiles()

describe('policy lint', () => {
  const CLASH = `writ: 1
rules:
  - id: never
    effect: deny
    reason: x
    when: { all: [{ path: args.a, op: eq, value: 1 }, { path: args.a, op: eq, value: 2 }] }
`

  it('is 0 for nothing but notes, and shows them', async () => {
    const path = file('refunds.yaml', REFUNDS)
    expect(await writ(['policy', 'lint', path])).toMatchObject({ exitCode: 0, stdout: 'nothing to remark\n' })
    const untested = file('untested.yaml', REFUNDS.slice(0, REFUNDS.indexOf('tests:')))
    const { exitCode, stdout } = await writ(['policy', 'lint', untested])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining(': note: the policy has no tests')])
  })

  it('is 1 for a contradiction, with its line', async () => {
    const path = file('clash.yaml', CLASH)
    const { exitCode, stdout } = await writ(['policy', 'lint', path])
    expect(exitCode).toBe(1)
    expect(stdout).toContain(
      `${path}:6:55: error: never: args.a eq 2 cannot hold together with args.a eq 1 (contradiction)`,
    )
    expect(objectIn((await writ(['policy', 'lint', path, '--json'])).stdout)['files']).toMatchObject([
      {
        file: path,
        findings: expect.arrayContaining([expect.objectContaining({ code: 'contradiction', line: 6 })]),
      },
    ])
  })

  it('reads Cedar', async () => {
    const { exitCode, stdout } = await writ(['policy', 'lint', file('push.cedar', CEDAR)])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('note')])
  })

  it('shows what says nothing in Cedar, and that is no reason to fail', async () => {
    const path = file('push.cedar', `@owner("ana")\n${CEDAR}`)
    const { exitCode, stdout } = await writ(['policy', 'lint', path])
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringContaining(`${path}:1:1: note: @owner says nothing here`),
    ])
  })

  it('is 1 for an attribute that Cedar requests do not have, whose rule would deny everything', async () => {
    const text = '@id("x")\nforbid (principal, action, resource)\nwhen { context.arg.amount > 5 };\n'
    const path = file('slip.cedar', text)
    const { exitCode, stdout } = await writ(['policy', 'lint', path])
    expect([exitCode, stdout]).toEqual([
      1,
      expect.stringMatching(/slip\.cedar:1:1: error: x: this can never be evaluated .*it denies/),
    ])
  })

  it('names what is refused where it stands, with what was meant', async () => {
    const path = file('slip.yaml', REFUNDS.replace('sum: args.amount', 'sum: arg.amount'))
    const { exitCode, stdout } = await writ(['policy', 'lint', path])
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/slip\.yaml:7:\d+: error: /)])
  })

  it('asks the control plane where it may, and puts its findings into the file', async () => {
    const finding = {
      level: 'warning',
      code: 'unreachable',
      rule: 'never',
      path: 'rules[0].when',
      message: 'none',
    }
    const server = await serve((_, response) => json(response, 200, { findings: [finding] }))
    const path = file('clash.yaml', CLASH)
    const { exitCode, stdout } = await writ(['policy', 'lint', path, '--online', '--url', server.origin], {
      WRIT_API_KEY: API_KEY,
    })
    expect([exitCode, stdout]).toEqual([1, `${path}:6:11: warning: never: none (unreachable)\n`])
    expect(server.seen).toMatchObject([{ method: 'POST', path: '/api/v1/policies/lint' }])
    expect(Object.keys(objectIn(server.seen[0]?.body ?? ''))).toEqual(['document'])
  })
})
