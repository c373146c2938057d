import { describe, expect, it } from '@jest/globals'
import type { AuditRecord } from '@writ/contracts'
import { json } from '../../given-server.suite.ts'
import { objectIn, writ } from '../../given-terminal.suite.ts'
import { API_KEY, CEDAR, givenFiles, ulid } from './given-files.suite.ts'

const { file, serve } = givenFiles()

const decision = { outcome: 'allow', matches: [], signals: [], modified: false }
const record = (tool: string): object =>
  ({
    v: 'writ.decision.v1',
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
    delegators: [],
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
    administration: null,
    local: null,
    finding: null,
    durationMicros: 1,
    gateway: { node: `nod_${ulid(1)}`, build: '1' },
  }) satisfies Record<RequiredMembers<AuditRecord>, unknown>

type RequiredMembers<T> = { [K in keyof T]-?: undefined extends T[K] ? never : K }[keyof T]

const records = () =>
  file('records.jsonl', [record('push_files'), record('get_me')].map((one) => JSON.stringify(one)).join('\n'))

const MASKING = `writ: 1
rules:
  - id: mask
    effect: modify
    modify: { pii.email: mask }
    when: { path: content.signals, op: has, value: pii.email }
    reason: Addresses stay here.
`

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
      '2 decisions: 1 unchanged, 1 stricter, 0 milder, 0 rewritten differently, 0 cannot be told',
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

  it('says what would be rewritten differently', async () => {
    const seen = { ...decision, signals: ['pii.email'] }
    const path = file('records.jsonl', JSON.stringify({ ...record('send_mail'), outbound: seen }))
    const draft = file('mask.yaml', MASKING)
    const { exitCode, stdout } = await writ(['policy', 'replay', draft, '--records', path])
    expect([exitCode, stdout.split('\n')]).toEqual([
      1,
      expect.arrayContaining([
        '1 decisions: 0 unchanged, 0 stricter, 0 milder, 1 rewritten differently, 0 cannot be told',
        '    github/send_mail: 1 rewritten differently',
        '  2026-01-02T00:00:00.000Z claude for ana, github/send_mail outbound: allow with nothing known rewritten -> pii.email: mask (mask)',
      ]),
    ])
  })

  it.each([
    [['--from', '2026-01-02T00:00:00Z', '--until', '2026-01-02T00:00:01Z'], 2],
    [['--from', '2026-01-02T02:00:01+02:00'], 0],
    [['--until', '2026-01-02T00:00:00Z'], 0],
  ])('takes of a file those %j', async (window, decisions) => {
    const path = file('push.cedar', CEDAR)
    const { stdout } = await writ(['policy', 'replay', path, '--records', records(), ...window, '--json'])
    expect(objectIn(stdout)).toMatchObject({ decisions })
  })

  it.each([
    [['--last', '5001'], 'a count is a number from 1 to 5000'],
    [['--from', 'yesterday'], 'an instant is written like 2026-01-31T12:00:00Z'],
  ])('is 2 for %j', async (options, message) => {
    const { exitCode, stderr } = await writ(['policy', 'replay', file('push.cedar', CEDAR), ...options])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)])
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
      modifies: 0,
      cannotTell: 0,
      ...tallies,
      unreadable: 0,
      isCut: true,
    }
    const server = await serve(({ method }, response) =>
      json(response, 200, method === 'GET' ? { items: [policy], next: null } : report),
    )
    const { origin } = server
    const path = file('push.cedar', CEDAR)
    const run = (replaces: string) =>
      writ(['policy', 'replay', path, '--replaces', replaces, '--last', '50', '--url', origin], {
        WRIT_API_KEY: API_KEY,
      })
    const { exitCode, stdout } = await run('push')
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringContaining('only the newest 50 records were looked at'),
    ])
    expect(objectIn(server.seen[1]?.body ?? '')).toMatchObject({ policy: policy.id, records: 50 })
    expect(server.seen[1]?.path).toBe('/api/v1/policies/replay')
    expect((await run('other')).stderr).toContain('there is no policy other')
  })
})
