import { afterEach, describe, expect, it } from '@jest/globals'
import type { ExplainAnswer, RuleMatch } from '@writ/contracts'
import { ExplainRequest } from '@writ/contracts'
import type { GivenServer } from '../given-server.suite.ts'
import { givenServer, json } from '../given-server.suite.ts'
import type { Ran } from '../given-terminal.suite.ts'
import { writ } from '../given-terminal.suite.ts'

const API_KEY = `wak_${'0'.repeat(26)}.${'k'.repeat(43)}`

let server: GivenServer | null = null
afterEach(async () => {
  await server?.stop()
  server = null
})

const match: RuleMatch = {
  policy: `pol_${'0'.repeat(26)}`,
  policyName: 'mail',
  policyVersion: 3,
  rule: 'no-strangers',
  effect: 'deny',
  mode: 'enforce',
  reason: 'Only to colleagues.',
  errored: false,
  overriddenBy: null,
}
const allowed: ExplainAnswer['decision'] = {
  outcome: 'allow',
  matches: [],
  signals: [],
  modified: false,
  content: {},
  byDefault: false,
  labels: [],
  ask: null,
}

async function explained(answer: Partial<ExplainAnswer>, ...options: readonly string[]): Promise<Ran> {
  server = await givenServer((_, response) =>
    json(response, 200, {
      decision: allowed,
      connectionAllowed: true,
      groups: [{ id: `grp_${'0'.repeat(26)}`, name: 'default' }],
      bundleVersion: 7,
      rulesEvaluated: 12,
      ...answer,
    }),
  )
  const asked = ['--agent', 'claude', '--connection', 'tools', '--tool', 'send_mail', ...options]
  return writ(['policy', 'explain', ...asked, '--url', server.origin], { WRIT_API_KEY: API_KEY })
}

describe('policy explain', () => {
  it('asks what the API takes, and nothing else', async () => {
    const asked = ['--args', '{"to":"ana@example.com"}', '--direction', 'inbound', '--labels', 'untrusted']
    await explained({}, ...asked, '--json')
    const [seen] = server?.seen ?? []
    expect(seen).toMatchObject({ method: 'POST', path: '/api/v1/policies/explain' })
    expect(ExplainRequest.parse(JSON.parse(seen?.body ?? ''))).toEqual({
      agent: 'claude',
      connection: 'tools',
      tool: 'send_mail',
      args: { to: 'ana@example.com' },
      direction: 'inbound',
      labels: ['untrusted'],
      history: [],
    })
  })

  it('says that nothing matched, and is 0', async () => {
    expect(await explained({})).toEqual({
      exitCode: 0,
      stderr: '',
      stdout:
        'allow: claude calling send_mail on tools\n' +
        '  none of 12 rules matched; the default is allow\n' +
        '  access groups: default · bundle version 7\n',
    })
  })

  it.each(['deny', 'ask'] as const)(
    'names policy, version, rule and reason of a %s, and is 1',
    async (outcome) => {
      const { exitCode, stdout } = await explained({ decision: { ...allowed, outcome, matches: [match] } })
      expect(exitCode).toBe(1)
      expect(stdout).toMatch(new RegExp(`^${outcome}: claude calling`))
      expect(stdout).toContain('\n  deny by mail v3 / no-strangers: Only to colleagues.\n')
      expect(stdout).not.toContain('default is allow')
    },
  )

  it('marks rules that only watch and rules that could not be evaluated', async () => {
    const matches: RuleMatch[] = [
      { ...match, mode: 'shadow' },
      { ...match, rule: 'odd', errored: true },
    ]
    const { stdout } = await explained({ decision: { ...allowed, outcome: 'deny', matches } })
    expect(stdout).toContain('deny (shadow) by mail v3 / no-strangers')
    expect(stdout).toContain('deny (could not be evaluated) by mail v3 / odd')
  })

  it('marks rules that an override holds back', async () => {
    const overriddenBy = `ovr_${'0'.repeat(26)}` as const
    const { exitCode, stdout } = await explained({
      decision: { ...allowed, matches: [{ ...match, overriddenBy }] },
    })
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`deny (overridden by ${overriddenBy}) by mail v3 / no-strangers`)
  })

  it('shows each rule that was asked, each part of it, and the value that was read', async () => {
    const answered = { truth: 'false', because: null } as const
    const { policy, policyName, rule, effect, mode, overriddenBy } = match
    const leaf = { at: '/when', path: 'args.to', op: 'eq', operand: 'eve', value: 'ana', ...answered }
    const { stdout } = await explained({
      rules: [{ policy, policyName, rule, effect, mode, overriddenBy, ...answered, leaves: [leaf] }],
    })
    expect(stdout).toContain(
      '\n  why:\n    deny mail / no-strangers: does not match\n      false: args.to eq "eve", read "ana"  [/when]\n',
    )
  })

  it('says that the default denied', async () => {
    const { exitCode, stdout } = await explained({
      decision: { ...allowed, outcome: 'deny', byDefault: true },
    })
    expect(exitCode).toBe(1)
    expect(stdout).toContain('denied by default: no allow rule matched')
    expect(stdout).not.toContain('the default is allow')
  })

  it('shows what would pass, and the signals behind it', async () => {
    const { exitCode, stdout } = await explained({
      decision: { ...allowed, modified: true, signals: ['pii.email'], content: { to: '[EMAIL]' } },
    })
    expect(exitCode).toBe(0)
    expect(stdout).toContain('\n  signals: pii.email\n  what would pass: {"to":"[EMAIL]"}\n')
  })

  it('is a deny where no access group gives the connection, whatever the rules say', async () => {
    const { exitCode, stdout } = await explained({ connectionAllowed: false })
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(
      /^deny: .*\n {2}the connection tools is given to none of the agent's access groups\n/,
    )
    expect(stdout).not.toContain('default is allow')
  })

  it('speaks of the answer when it was asked about one', async () => {
    const { stdout } = await explained({}, '--direction', 'inbound')
    expect(stdout).toMatch(/^allow: the answer to claude of send_mail on tools\n/)
  })

  it('prints the answer itself under --json', async () => {
    const { stdout } = await explained({}, '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      bundleVersion: 7,
      rulesEvaluated: 12,
      decision: { outcome: 'allow' },
    })
  })
})
