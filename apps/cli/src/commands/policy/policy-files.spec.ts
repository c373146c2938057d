import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { AuditRecord } from '@writ/contracts'
import { TEMPLATES } from '@writ/policy'
import type { GivenServer } from '../../given-server.suite.ts'
import { givenServer, json } from '../../given-server.suite.ts'
import { objectIn, writ } from '../../given-terminal.suite.ts'

const API_KEY = `wak_${'0'.repeat(26)}.${'k'.repeat(43)}`
const ulid = (number: number): string => String(number).padStart(26, '0')

let folder = ''
let server: GivenServer | null = null
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-policy-'))
})
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.stop()
  server = null
})

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const REFUNDS = `writ: 1
title: refunds
rules:
  - id: hourly
    effect: deny
    on: [outbound]
    when: { sum: args.amount, of: { class: [money] }, window: 1h, plus: args.amount, op: gt, value: 5000 }
    reason: No more than 5000 an hour.
tests:
  - name: third refund breaks the cap
    now: '2026-11-21T10:00:00Z'
    agent: support-bot
    human: ana
    history: [{ tool: create_refund, amount: 2000 }, { tool: create_refund, amount: 2500 }]
    call: { tool: create_refund, args: { amount: 600 } }
    expect: { decision: deny, rules: [hourly] }
`
const FAILING = REFUNDS.replace('amount: 600', 'amount: 400')
const CEDAR = `@id("no-push") @reason("Not here.")
forbid (principal, action, resource) when { context.action.tool == "push_files" };
`

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
    file('notes.txt', 'x')
    file('untested.yaml', REFUNDS.slice(0, REFUNDS.indexOf('tests:')))
    const paths = names.map((name) => (name.startsWith('gone') ? name : join(folder, name)))
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

const ASKED = ['policy', 'explain', '--agent', 'bot', '--connection', 'shop', '--tool', 'refund']

const asking = (...args: readonly string[]) =>
  writ([...ASKED, '--policy', file('refunds.yaml', REFUNDS), ...args])

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
})

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

  it('asks the control plane where it may, and puts its findings into the file', async () => {
    const finding = {
      level: 'warning',
      code: 'unreachable',
      rule: 'never',
      path: 'rules[0].when',
      message: 'none',
    }
    server = await givenServer((_, response) => json(response, 200, { findings: [finding] }))
    const path = file('clash.yaml', CLASH)
    const { exitCode, stdout } = await writ(['policy', 'lint', path, '--online', '--url', server.origin], {
      WRIT_API_KEY: API_KEY,
    })
    expect([exitCode, stdout]).toEqual([1, `${path}:6:11: warning: never: none (unreachable)\n`])
    expect(server.seen).toMatchObject([{ method: 'POST', path: '/api/v1/policies/lint' }])
    expect(Object.keys(objectIn(server.seen[0]?.body ?? ''))).toEqual(['document'])
  })
})

const decision = { outcome: 'allow', matches: [], signals: [], modified: false }
const record = (tool: string): object =>
  ({
    v: 'writ.record.v1',
    kind: 'closed',
    decisionId: `dec_${ulid(1)}`,
    tenant: `ten_${ulid(1)}`,
    stream: `nod_${ulid(1)}:boo_${ulid(1)}:ten_${ulid(1)}`,
    seq: 0,
    prev: '0'.repeat(64),
    at: '2026-01-02T00:00:00.000Z',
    channel: 'gateway',
    human: { id: `hum_${ulid(1)}`, name: 'ana' },
    agent: { id: `agt_${ulid(1)}`, name: 'claude' },
    session: `ses_${ulid(1)}`,
    keyThumbprint: null,
    connection: { id: `con_${ulid(1)}`, name: 'github' },
    action: {
      method: 'tools/call',
      tool,
      class: 'write.shared',
      classSource: 'inferred',
      resource: `github/${tool}`,
    },
    outcome: 'allow',
    refusal: null,
    outbound: decision,
    inbound: null,
    bundle: null,
    credential: null,
    request: null,
    response: null,
    durationMicros: 1,
    gateway: { node: `nod_${ulid(1)}`, build: '1' },
  }) satisfies Record<keyof AuditRecord, unknown>

const records = () =>
  file('records.jsonl', [record('push_files'), record('get_me')].map((one) => JSON.stringify(one)).join('\n'))

describe('policy replay', () => {
  it('is 1 where somebody would lose something, and says who', async () => {
    const { exitCode, stdout } = await writ([
      'policy',
      'replay',
      file('push.cedar', CEDAR),
      '--records',
      records(),
    ])
    expect(exitCode).toBe(1)
    expect(stdout.split('\n')).toEqual([
      '2 decisions: 1 unchanged, 1 stricter, 0 milder, 0 cannot be told',
      '  by agent:',
      '    claude: 1 stricter',
      '  by tool:',
      '    github/push_files: 1 stricter',
      '  by human:',
      '    ana: 1 stricter',
      '  2026-01-02T00:00:00.000Z claude for ana, github/push_files outbound: allow -> deny (no-push)',
      'as if the draft applied to everybody: records do not say who is in which group, nor who is trusted',
      '',
    ])
  })

  it('is 0 where nothing would change', async () => {
    const idle = CEDAR.replace('push_files', 'gone')
    const path = file('idle.cedar', idle)
    const { exitCode, stdout } = await writ(['policy', 'replay', path, '--records', records(), '--json'])
    expect([exitCode, objectIn(stdout)]).toEqual([0, expect.objectContaining({ decisions: 2, unchanged: 2 })])
  })

  it('is 2 for a file without records', async () => {
    const other = file('other.jsonl', '{}\n')
    const { exitCode, stderr } = await writ([
      'policy',
      'replay',
      file('push.cedar', CEDAR),
      '--records',
      other,
    ])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('holds no records of Writ')])
  })

  it('asks the control plane where no file is named, by the name of the policy', async () => {
    const policy = {
      id: `pol_${ulid(7)}`,
      name: 'push',
      version: 1,
      template: null,
      document: { writ: 1, rules: [{ id: 'a', effect: 'deny', when: { all: [] }, reason: 'x' }] },
      cedar: null,
      groups: [],
      createdAt: '2026-01-01T00:00:00.000Z',
    }
    const tallies = { byAgent: [], byTool: [], byHuman: [], changes: [] }
    const report = {
      decisions: 5,
      unchanged: 5,
      loses: 0,
      gains: 0,
      cannotTell: 0,
      ...tallies,
      unreadable: 0,
    }
    server = await givenServer(({ method }, response) =>
      json(response, 200, method === 'GET' ? { items: [policy], next: null } : report),
    )
    const { origin } = server
    const path = file('push.cedar', CEDAR)
    const run = (replaces: string) =>
      writ(['policy', 'replay', path, '--replaces', replaces, '--last', '50', '--url', origin], {
        WRIT_API_KEY: API_KEY,
      })
    expect((await run('push')).exitCode).toBe(0)
    expect(objectIn(server.seen[1]?.body ?? '')).toMatchObject({ policy: policy.id, records: 50 })
    expect(server.seen[1]?.path).toBe('/api/v1/policies/replay')
    expect((await run('other')).stderr).toContain('there is no policy other')
  })
})

describe('policy convert and format', () => {
  it('turn Cedar into YAML and back', async () => {
    const { exitCode, stdout } = await writ(['policy', 'convert', file('push.cedar', CEDAR), '--to', 'yaml'])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('- id: no-push')])
    const back = await writ(['policy', 'convert', file('push.yaml', stdout), '--to', 'cedar'])
    expect([back.exitCode, back.stdout]).toEqual([0, expect.stringContaining('forbid')])
  })

  it('are 1 for what Cedar has no words for', async () => {
    const { exitCode, stdout } = await writ([
      'policy',
      'convert',
      file('refunds.yaml', REFUNDS),
      '--to',
      'cedar',
    ])
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/refunds\.yaml:\d+:\d+: error: hourly: /)])
  })

  it('lay a file out, and leave it alone unless told to write', async () => {
    const untidy = REFUNDS.replace('writ: 1', 'writ:     1 # kept')
    const path = file('refunds.yaml', untidy)
    const { exitCode, stdout } = await writ(['policy', 'format', path])
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^writ: 1 # kept\n/)])
    expect(readFileSync(path, 'utf8')).toBe(untidy)
    expect((await writ(['policy', 'format', path, '--write'])).exitCode).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe(stdout)
    expect((await writ(['policy', 'test', path])).exitCode).toBe(0)
  })
})
