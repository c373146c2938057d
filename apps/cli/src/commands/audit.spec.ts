import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Frame, RecordFields } from '@writ/audit'
import {
  batchesOf,
  extendStream,
  hashOf,
  rawPublicKey,
  sealRecord,
  signBatch,
  signHead,
  startOfStream,
} from '@writ/audit'
import type { Evidence } from '@writ/contracts'
import { streamIdOf, Verification } from '@writ/contracts'
import type { GivenServer } from '../given-server.suite.ts'
import { givenServer, json } from '../given-server.suite.ts'
import { writ } from '../given-terminal.suite.ts'

const API_KEY = `wak_${'0'.repeat(26)}.${'k'.repeat(43)}`
const TENANT = `ten_${'1'.repeat(26)}` as const
const NODE = `nod_${'2'.repeat(26)}` as const
const STREAM = streamIdOf(NODE, `boo_${'3'.repeat(26)}`, TENANT)
const AT = '2026-11-20T10:00:00.000Z'

const newKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey
const decisionId = (serial: number) => `dec_${String(serial).padStart(26, '0')}` as const

const fields = (serial: number): RecordFields => ({
  kind: 'closed',
  decisionId: decisionId(serial),
  tenant: TENANT,
  at: AT,
  channel: 'gateway',
  human: null,
  agent: { id: `agt_${'6'.repeat(26)}`, name: 'claude' },
  delegators: [],
  session: null,
  keyThumbprint: null,
  connection: null,
  action: null,
  outcome: 'refused',
  refusal: 'token_revoked',
  outbound: null,
  inbound: null,
  bundle: null,
  credential: null,
  request: null,
  response: null,
  administration: null,
  local: null,
  finding: null,
  durationMicros: 1,
  gateway: { node: NODE, build: '0.1.0' },
})

function evidenceOf(count: number, key: KeyObject): Evidence {
  let position = startOfStream(STREAM)
  const frames: Frame[] = Array.from({ length: count }, (_, seq) => {
    const { bytes, sha256 } = sealRecord(fields(seq), position)
    position = extendStream(position, sha256)
    return { stream: STREAM, seq, bytes }
  })
  const headHash = hashOf(frames.at(-1)?.bytes ?? '')
  const batches = batchesOf(frames).map((batch) => {
    const { records, ...signed } = signBatch(batch, key)
    return { ...signed, count: records.length }
  })
  const head = signHead({ stream: STREAM, nextSeq: count, headHash, at: AT }, key)
  return {
    format: 'writ.evidence.v1',
    tenant: TENANT,
    exportedAt: AT,
    logSize: count,
    nodes: [{ node: NODE, publicKey: rawPublicKey(key) }],
    streams: [{ stream: STREAM, nextSeq: count, head, batches }],
    records: frames.map((frame, leafIndex) => ({ leafIndex, ...frame })),
  }
}

let folder = ''
let server: GivenServer | null = null
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-audit-'))
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

const verified = async (...args: readonly string[]): Promise<[number, Verification]> => {
  const { exitCode, stdout } = await writ(['audit', 'verify', ...args, '--json'])
  return [exitCode, Verification.parse(JSON.parse(stdout))]
}

const key = newKey()
const good = evidenceOf(3, key)

/** One byte of one stored record is another, and the file is still evidence. */
const flipped = (seq: number): Evidence => ({
  ...good,
  records: good.records.map((row) =>
    row.seq === seq ? { ...row, bytes: row.bytes.replace('token_revoked', 'token_revokeD') } : row,
  ),
})

describe('audit verify', () => {
  it('is 0 for evidence that holds, without any server', async () => {
    const path = file('good.json', good)
    expect(await verified(path)).toEqual([
      0,
      { holds: true, records: 3, streams: 1, faults: [], unpinnedNodes: [NODE] },
    ])
    const { exitCode, stdout } = await writ(['audit', 'verify', path])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('3 records in 1 streams: signatures, chain and completeness hold.')
    expect(stdout).toContain(
      `signing key of ${NODE}: ${rawPublicKey(key)} (as the evidence names it; compare it)`,
    )
    expect(stdout).toContain("node keys are the server's word: pin them with --trusted <earlier evidence>")
  })

  it.each([0, 1, 2])('is 1 and names the record where one byte of record %s was flipped', async (seq) => {
    const path = file('flipped.json', flipped(seq))
    const [exitCode, { holds, faults }] = await verified(path)
    expect([exitCode, holds]).toEqual([1, false])
    expect(faults.length).toBeGreaterThan(0)
    expect(faults[0]).toMatchObject({ stream: STREAM })
    expect((await writ(['audit', 'verify', path])).stdout).toMatch(/fault\(s\)\.\n {2}\w+: /)
  })

  it.each<[string, (evidence: Evidence) => Evidence, string]>([
    ['lost its last record', (e) => ({ ...e, records: e.records.slice(0, -1) }), 'completeness'],
    [
      'lost one in the middle',
      (e) => ({ ...e, records: e.records.filter(({ seq }) => seq !== 1) }),
      'sequence',
    ],
    [
      'is signed by another key',
      (e) => ({ ...e, nodes: [{ node: NODE, publicKey: rawPublicKey(newKey()) }] }),
      'signature',
    ],
  ])('is 1 for evidence that %s', async (_, alter, check) => {
    const [exitCode, { faults }] = await verified(file('altered.json', alter(good)))
    expect(exitCode).toBe(1)
    expect(faults.map((fault) => fault.check)).toContain(check)
  })

  it('believes only keys that it knows, where it knows some', async () => {
    const known = file('earlier.json', good)
    const forged = file('forged.json', evidenceOf(3, newKey()))
    expect((await verified(forged))[0]).toBe(0)
    expect((await verified(forged, '--trusted', known))[0]).toBe(1)
    expect(await verified(known, '--trusted', known)).toMatchObject([0, { unpinnedNodes: [] }])
    const { stdout } = await writ(['audit', 'verify', known, '--trusted', known])
    expect(stdout).toContain(`(known from ${known})`)
    expect(stdout).not.toContain("the server's word")
  })

  it('is 1 for a stream whose tail and head are gone, and for a stream that the log still counts', async () => {
    const { streams, records } = evidenceOf(2, key)
    const headless = {
      ...good,
      logSize: 2,
      streams: streams.map((stream) => ({ ...stream, head: null })),
      records,
    }
    const empty = { ...good, streams: [], records: [] }
    for (const cut of [headless, empty]) {
      const [exitCode, { faults }] = await verified(file('cut.json', cut))
      expect([exitCode, faults.map(({ check }) => check)]).toEqual([1, ['completeness']])
    }
  })

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['a byte that is no UTF-8', (bytes) => changed(bytes, bytes.indexOf('claude'), 0xff)],
    ['a byte order mark', (bytes) => Buffer.concat([Buffer.from('\uFEFF'), bytes])],
  ])('is 2 for a file with %s', async (_, alter) => {
    const path = file('bytes.json', good)
    writeFileSync(path, alter(readFileSync(path)))
    const { exitCode, stderr } = await writ(['audit', 'verify', path])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('is not evidence of Writ')
  })

  it('shows the first faults of many, and all of them under --json', async () => {
    const path = file('many.json', { ...good, records: Array.from({ length: 80 }, () => good.records[0]) })
    const [, { faults }] = await verified(path)
    const { stdout } = await writ(['audit', 'verify', path])
    expect(faults.length).toBeGreaterThan(50)
    expect(stdout).toContain(`  and ${faults.length - 50} more: see --json`)
  })

  it.each(['{}', '[', '{"format":"writ.evidence.v2"}', ''])('is 2 for a file that holds %j', async (text) => {
    const { exitCode, stderr } = await writ(['audit', 'verify', file('other.json', text)])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('is not evidence of Writ')
  })

  it('asks the control plane where no file is named, and does not take its word', async () => {
    server = await givenServer((_, response) => json(response, 200, flipped(1)))
    const { exitCode } = await writ(['audit', 'verify', '--url', server.origin], { WRIT_API_KEY: API_KEY })
    expect(exitCode).toBe(1)
    expect(server.seen).toMatchObject([
      { method: 'GET', path: '/api/v1/records/evidence', headers: { authorization: `Bearer ${API_KEY}` } },
    ])
  })
})

function changed(bytes: Buffer, at: number, value: number): Buffer {
  bytes[at] = value
  return bytes
}

const home = () => join(folder, 'home')
const remembered = () => join(home(), 'trusted-nodes.json')
const verifying = (...args: readonly string[]) =>
  writ(['audit', 'verify', ...args], { WRIT_API_KEY: API_KEY, WRIT_HOME: home() })
const asking = (...args: readonly string[]) => verifying('--url', server?.origin ?? '', ...args)

describe('the node keys that were seen first', () => {
  let answer: Evidence = good

  beforeEach(async () => {
    answer = good
    server = await givenServer((_, response) => json(response, 200, answer))
  })

  it('are remembered for tenant and control plane, for the eyes of their owner', async () => {
    const first = await asking()
    expect(first.exitCode).toBe(0)
    expect(first.stdout).toContain("node keys are the server's word")
    expect(statSync(remembered()).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(remembered(), 'utf8'))).toEqual({
      format: 'writ.trusted-nodes.v1',
      nodes: [{ origin: server?.origin, tenant: TENANT, node: NODE, publicKey: rawPublicKey(key) }],
    })
    const second = await asking()
    expect([second.exitCode, second.stdout]).toEqual([
      0,
      expect.stringContaining(`(known from ${remembered()})`),
    ])
    expect(second.stdout).not.toContain("the server's word")
  })

  it('show a history that the server signed anew, asked or from a file, and stay as they are', async () => {
    await asking()
    answer = evidenceOf(3, newKey())
    const before = readFileSync(remembered(), 'utf8')
    const forged = file('forged.json', answer)
    for (const run of [await asking('--json'), await verifying(forged, '--json')]) {
      expect(run.exitCode).toBe(1)
      expect(Verification.parse(JSON.parse(run.stdout))).toMatchObject({
        holds: false,
        faults: [{ check: 'signature', message: `the key of ${NODE} is not the known one` }],
        unpinnedNodes: [],
      })
    }
    expect((await asking()).stdout).toContain(`(NOT the one in ${remembered()})`)
    expect(readFileSync(remembered(), 'utf8')).toBe(before)
  })

  it('are not learnt from a file, nor from records that do not verify', async () => {
    expect((await verifying(file('good.json', good))).exitCode).toBe(0)
    answer = flipped(1)
    expect((await asking()).exitCode).toBe(1)
    expect(existsSync(remembered())).toBe(false)
  })

  it('are not passed over when they cannot be read', async () => {
    await asking()
    writeFileSync(remembered(), '{')
    const { exitCode, stderr } = await asking()
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('cannot be read')])
  })

  it('do not hide the answer when they cannot be kept', async () => {
    writeFileSync(home(), '')
    const { exitCode, stdout, stderr } = await asking('--json')
    expect([exitCode, Verification.parse(JSON.parse(stdout)).holds]).toEqual([0, true])
    expect(stderr).toContain('the node keys are not remembered')
  })
})

const exporting = async (path: string) =>
  writ(['audit', 'export', path, '--url', server?.origin ?? '', '--json'], { WRIT_API_KEY: API_KEY })

describe('audit export', () => {
  it('writes a file that verifies, for the eyes of its owner', async () => {
    server = await givenServer((_, response) => json(response, 200, good))
    const path = join(folder, 'evidence.json')
    const { exitCode, stdout } = await exporting(path)
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ file: path, records: 3 })
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(good)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect((await verified(path))[0]).toBe(0)
  })

  it('takes the place of what is there as a whole, and lets nobody else read it', async () => {
    server = await givenServer((_, response) => json(response, 200, good))
    const [path, elsewhere] = [join(folder, 'evidence.json'), join(folder, 'elsewhere')]
    writeFileSync(elsewhere, 'before', { mode: 0o644 })
    symlinkSync(elsewhere, path)
    expect((await exporting(path)).exitCode).toBe(0)
    expect([readFileSync(elsewhere, 'utf8'), lstatSync(path).mode & 0o777]).toEqual(['before', 0o600])
  })

  it('says so when the file cannot be written', async () => {
    server = await givenServer((_, response) => json(response, 200, good))
    const { exitCode, stdout } = await exporting(join(folder, 'none', 'evidence.json'))
    expect(exitCode).toBe(2)
    expect(stdout).toMatch(/cannot write .*none\/evidence.json/)
  })
})
