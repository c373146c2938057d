import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { PackView } from '@writ/contracts'
import type { GivenServer, Seen } from '../given-server.suite.ts'
import { givenServer, json } from '../given-server.suite.ts'
import { writ } from '../given-terminal.suite.ts'
import { followPack } from './follow-pack.ts'

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
/** What is answered about the pack, one after the other; a number is a status that refuses, null no answer at all. */
let states: (PackView | number | null)[] = []
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
  if (path === `/api/v1/audit/packs/${ID}`) return tell(response, states.shift())
  if (path === `/api/v1/audit/packs/${ID}/file`) return sendFile(response)
  json(response, 404, { type: 'about:blank', title: 'Not Found', status: 404 })
}

function tell(response: ServerResponse, state: PackView | number | null = done): void {
  if (state === null) return void response.destroy()
  if (typeof state !== 'number') return json(response, 200, state)
  json(response, state, { type: 'about:blank', title: 'Not now', status: state })
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
    const filter = ['--filter', 'outcome=deny', '--filter', 'tool=a=b', '--with-hashes', '--no-disclose']
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
      disclose: false,
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
    [['--from', '2026-02-31'], /--from is no moment/],
    [['--to', '2026-10-01T12:00'], /--to is no moment/],
    [['--filter', 'outcome'], /--filter has no value/],
    [['--filter', 'outcome=deny', '--filter', 'outcome=allow'], /--filter outcome stands twice/],
    [['--filter', 'colour=red'], /filter/],
    [['x.zip', '--out', 'y.zip'], /two files/],
    [['x.json', '--from', '2026-10-01'], /evidence is always of all records/],
    [['x.zip', '--pack', '../api-keys'], /--pack is not the id of a pack/],
    [['x.zip', '--pack', ID, '--from', '2026-10-01'], /was said when it was asked for/],
    [['x.json', '--pack', ID], /a pack is no evidence/],
    [['x.zip', '--pack', ID, '--format', 'evidence'], /a pack is no evidence/],
  ])('is misuse for %j, and asks nobody', async (args, wrong) => {
    const { exitCode, stderr } = await exporting(...args)
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(wrong)])
    expect(server.seen).toEqual([])
  })

  it('waits until a control plane that is away, or busy, answers again', async () => {
    states = [making, null, 502, 503, 429, 504, making, done]
    const file = join(folder, 'x.zip')
    const { exitCode, stderr } = await exporting(file)
    expect([exitCode, readFileSync(file).equals(ZIP), states]).toEqual([0, true, []])
    expect(stderr).toContain(`no answer about ${ID} for now`)
  })

  it('gives up when nobody answers for too long', async () => {
    states = Array.from({ length: 100 }, () => 503)
    const access = { origin: server.origin, apiKey: API_KEY }
    const notes: string[] = []
    const terminal = { json: false, note: (text: string) => void notes.push(text) }
    await expect(followPack(access, making, terminal, 300)).rejects.toMatchObject({ status: 503 })
    expect(server.seen.length).toBeGreaterThan(1)
    expect(server.seen.length).toBeLessThan(10)
    expect(notes).toHaveLength(2)
  })

  it.each([
    ['when it is refused while it waits', () => (states = [making, 401]), 'Not now', 3],
    ['when the download fails', () => (sendFile = (response) => tell(response, 503)), 'Not now', 3],
    [
      'when the download is damaged',
      () => (sendFile = (response) => void response.end(ZIP.subarray(1))),
      'damaged',
      3,
    ],
  ])('names the pack, which is made all the same, %s', async (_, fail, why, code) => {
    fail()
    const { exitCode, stderr } = await exporting(join(folder, 'x.zip'))
    expect([exitCode, stderr]).toEqual([code, expect.stringContaining(`pack ${ID} was not fetched`)])
    expect(stderr).toContain(why)
    expect(stderr).toContain(`writ audit export --pack ${ID}`)
  })

  it('says nothing of taking up a pack that was removed meanwhile', async () => {
    states = [making, 404]
    const { exitCode, stderr } = await exporting(join(folder, 'x.zip'))
    expect([exitCode, stderr.includes('--pack')]).toEqual([3, false])
  })

  it.each([[[making, done]], [[done]]])('takes up one that was asked for before, %#', async (before) => {
    states = [...before]
    const file = join(folder, 'x.zip')
    const { exitCode } = await exporting('--pack', ID, file)
    expect([exitCode, readFileSync(file).equals(ZIP)]).toEqual([0, true])
    expect(server.seen.filter(({ method }) => method === 'POST')).toEqual([])
  })

  it('is 3 at once when the one to take up cannot be asked about', async () => {
    states = [503]
    const { exitCode } = await exporting('--pack', ID, join(folder, 'x.zip'))
    expect([exitCode, server.seen.length]).toEqual([3, 1])
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

  it('touches nothing that others put beside the file', async () => {
    const [file, theirs] = [join(folder, 'x.zip'), join(folder, 'theirs')]
    writeFileSync(theirs, 'theirs', { mode: 0o644 })
    symlinkSync(theirs, `${file}.part`)
    expect((await exporting(file)).exitCode).toBe(0)
    expect([readFileSync(theirs, 'utf8'), statSync(file).mode & 0o777]).toEqual(['theirs', 0o600])
    expect(readFileSync(file).equals(ZIP)).toBe(true)
  })

  it('takes no more than the control plane said that there is', async () => {
    sendFile = (response) => void response.writeHead(200).write(Buffer.concat([ZIP, ZIP]))
    const { exitCode, stderr } = await exporting(join(folder, 'x.zip'))
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('damaged')])
    expect(readdirSync(folder)).toEqual([])
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['in the middle', (response) => void response.writeHead(200).write(ZIP.subarray(0, 100_000))],
    ['before anything has come', () => {}],
  ])('leaves nothing behind when it is interrupted %s', async (_when, send) => {
    sendFile = send
    const bin = fileURLToPath(new URL('../../bin/writ.mjs', import.meta.url))
    const args = [bin, 'audit', 'export', join(folder, 'x.zip'), '--url', server.origin]
    const child = spawn(process.execPath, args, { env: { WRIT_HOME: folder, WRIT_API_KEY: API_KEY } })
    const ended = once(child, 'close')
    while (readdirSync(folder).length === 0 && child.exitCode === null) await pause(20)
    child.kill('SIGINT')
    expect([await ended, readdirSync(folder)]).toEqual([[3, null], []])
  })

  it('says what to do when the tenant has as many packs as it may', async () => {
    await server.stop()
    const detail = 'this tenant may have 20 of packs with a file: there is no room for more'
    const full = { type: 'about:blank', title: 'Conflict', status: 409, detail, limit: 'packs with a file' }
    server = await givenServer((_, response) => json(response, 409, full))
    const { exitCode, stderr } = await exporting(join(folder, 'x.zip'))
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('Remove one of those that there are')])
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
