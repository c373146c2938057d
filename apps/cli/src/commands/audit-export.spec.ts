import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { PackView } from '@writ/contracts'
import type { GivenServer, Seen } from '../given-server.suite.ts'
import { givenServer, json } from '../given-server.suite.ts'
import { writ } from '../given-terminal.suite.ts'

const API_KEY = `wak_${'0'.repeat(26)}.${'k'.repeat(43)}`
const ID = `pak_${'1'.repeat(26)}` as const
const ZIP = randomBytes(300_000)

const waiting: PackView = {
  id: ID,
  state: 'waiting',
  kind: 'range',
  query: { withHashes: false },
  requestedBy: { kind: 'api-key', id: 'wak', name: 'audit' },
  requestedAt: '2026-11-20T10:00:00.000Z',
  disclosed: false,
  progress: null,
  leaves: null,
  rows: null,
  treeSize: null,
  file: null,
  failure: null,
}
const making: PackView = { ...waiting, state: 'making', progress: { step: 'records', done: 55, total: 100 } }
const done: PackView = {
  ...waiting,
  state: 'done',
  leaves: { from: 0, to: 100 },
  rows: 100,
  treeSize: 120,
  file: {
    sizeBytes: ZIP.length,
    sha256: createHash('sha256').update(ZIP).digest('hex'),
    expiresAt: '2026-11-27T10:00:00.000Z',
  },
}

let folder = ''
let server: GivenServer
/** What is answered about the pack, one after the other. */
let states: PackView[] = []
let sendFile: (response: ServerResponse) => void

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'writ-pack-'))
  states = [making, done]
  sendFile = (response) => void response.writeHead(200, { 'content-type': 'application/zip' }).end(ZIP)
  server = await givenServer(answer)
})
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server.stop()
})

function answer({ method, path }: Seen, response: ServerResponse): void {
  if (method === 'POST' && path === '/api/v1/audit/packs') return json(response, 202, waiting)
  if (path === `/api/v1/audit/packs/${ID}`) return json(response, 200, states.shift() ?? done)
  if (path === `/api/v1/audit/packs/${ID}/file`) return sendFile(response)
  json(response, 404, { type: 'about:blank', title: 'Not Found', status: 404 })
}

const exporting = (...args: readonly string[]) =>
  writ(['audit', 'export', ...args, '--url', server.origin], { WRIT_API_KEY: API_KEY })
const asked = (): unknown => JSON.parse(server.seen.find(({ method }) => method === 'POST')?.body ?? 'null')

describe('audit export of a pack', () => {
  it('follows how it is made and writes what was made, for the eyes of its owner', async () => {
    const file = join(folder, 'october.zip')
    const { exitCode, stdout, stderr } = await exporting(file)
    expect([exitCode, readFileSync(file).equals(ZIP), statSync(file).mode & 0o777]).toEqual([0, true, 0o600])
    expect(stderr).toContain('records: 50 % of 100')
    expect(stdout).toContain(`100 records of leaves 0 to 99 (complete) written to ${file}`)
    expect(stdout).toContain(`writ audit verify ${file}`)
    expect(asked()).toEqual({})
    expect(readdirSync(folder)).toEqual(['october.zip'])
  })

  it('asks for a time, a filter and hashes as they are given', async () => {
    const range = ['--from', '2026-10-01', '--to', '2026-11-01T12:00:00+01:00']
    const filter = ['--filter', 'outcome=deny', '--filter', 'tool=a=b', '--with-hashes']
    const { exitCode, stdout } = await exporting(
      ...range,
      ...filter,
      '--out',
      join(folder, 'x.zip'),
      '--json',
    )
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([
      0,
      { id: ID, rows: 100, leaves: { from: 0, to: 100 } },
    ])
    expect(asked()).toEqual({
      time: { since: '2026-10-01T00:00:00.000Z', until: '2026-11-01T11:00:00.000Z' },
      filter: { outcome: 'deny', tool: 'a=b' },
      withHashes: true,
    })
  })

  it.each([
    ['5-10', { from: 5, to: 10 }],
    ['5-', { from: 5 }],
    ['-10', { to: 10 }],
  ])('asks for leaves %s', async (text, leaves) => {
    expect((await exporting(`--leaves=${text}`, '--out', join(folder, 'x.zip'))).exitCode).toBe(0)
    expect(asked()).toEqual({ leaves })
  })

  it.each([
    [['--from', 'yesterday'], /--from is no moment/],
    [['--from', '2026-11-01', '--to', '2026-10-01'], /later than since/],
    [['--leaves', '10'], /--leaves is no range/],
    [['--leaves', '-'], /--leaves is no range/],
    [['--leaves', '1-2', '--from', '2026-10-01'], /not both/],
    [['--with-hashes'], /withHashes/],
    [['--filter', 'outcome'], /--filter has no value/],
    [['--filter', 'colour=red'], /filter/],
    [['x.zip', '--out', 'y.zip'], /two files/],
    [['x.json', '--from', '2026-10-01'], /evidence is always of all records/],
  ])('is misuse for %j, and asks nobody', async (args, wrong) => {
    const { exitCode, stderr } = await exporting(...args)
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(wrong)])
    expect(server.seen).toEqual([])
  })

  it('is 1, and says why, when none could be made', async () => {
    states = [{ ...waiting, state: 'failed', failure: 'record 7 is not kept any more' }]
    const { exitCode, stderr } = await exporting(join(folder, 'x.zip'))
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('record 7 is not kept any more')])
  })

  it('leaves no file behind when the download is damaged, or ends in the middle', async () => {
    const file = join(folder, 'x.zip')
    sendFile = (response) => void response.writeHead(200).end(Buffer.from([...ZIP.subarray(1), 0]))
    const damaged = await exporting(file)
    expect([damaged.exitCode, damaged.stderr]).toEqual([3, expect.stringContaining('damaged')])
    states = [done]
    sendFile = (response) => {
      response.writeHead(200, { 'content-length': ZIP.length })
      response.write(ZIP.subarray(0, 100_000), () => response.destroy())
    }
    const cut = await exporting(file)
    expect([cut.exitCode, cut.stderr]).toEqual([3, expect.stringContaining('ended in the middle')])
    expect(readdirSync(folder)).toEqual([])
  })

  it('says so when the file cannot be written', async () => {
    const file = join(folder, 'none', 'x.zip')
    const { exitCode, stderr } = await exporting(file)
    expect([exitCode, stderr, existsSync(file)]).toEqual([
      2,
      expect.stringContaining(`cannot write ${file}`),
      false,
    ])
  })
})
