import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { canonical, readNoteKey } from '@writ/audit'
import type { NoteKey } from '@writ/audit'
import type { TenantId } from '@writ/contracts'
import { createTenantScope, ingestBatch, openDatabase } from '@writ/postgres'
import { createTestNode, createTestStream } from '@writ/postgres/testing'
import type { TestNode, TestStream } from '@writ/postgres/testing'
import { Client } from 'pg'
import { givenControlPlane } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'
import { LogSealer } from './log-sealer.ts'
import { startWitness } from './witness.fixture.ts'
import type { TestWitness } from './witness.fixture.ts'

/** A tenant with a stream of records, of which a spec ingests as many as it likes. */
export type Logged = {
  readonly id: TenantId
  readonly slug: string
  readonly stream: TestStream
  readonly get: (path: string) => Promise<Answer>
  readonly ingest: (from: number, to: number, stream?: TestStream) => Promise<void>
}

type Trusted = {
  readonly origin: string
  readonly log: NoteKey[]
  readonly witnesses: NoteKey[]
  readonly version: number
}

/** A control plane that seals when a spec says so, with one archive, one witness and a clock of its own. */
export type Logs = {
  readonly plane: ControlPlane
  /** of the archive */
  readonly folder: string
  readonly witness: TestWitness
  readonly node: TestNode
  readonly pass: (ms: number) => void
  readonly seal: () => Promise<unknown>
  readonly givenLog: (length: number) => Promise<Logged>
  readonly trusted: (log: Logged) => Promise<Trusted>
  /** as somebody who has the database in hand does it, past triggers */
  readonly asIntruder: (...statements: readonly string[]) => Promise<void>
  readonly close: () => Promise<void>
}

export async function givenLogs(): Promise<Logs> {
  const folder = await mkdtemp(join(tmpdir(), 'writ-transparency-'))
  const witness = await startWitness()
  let nowMs = Date.now()
  const plane = await givenControlPlane({
    clock: { nowMs: () => nowMs },
    environment: {
      WRIT_AUDIT_ORIGIN: 'audit.example',
      WRIT_AUDIT_SEAL_SECONDS: '3600',
      WRIT_AUDIT_ARCHIVE: `file://${folder}`,
      WRIT_AUDIT_WITNESSES: `${witness.line} ${witness.url}`,
    },
  })
  const worker = await openDatabase(plane.workerUrl, { poolSize: 2, applicationName: 'transparency spec' })
  const { body } = await plane.ask('GET', '/.well-known/writ-audit.json')
  witness.watch(body.anyLog.map(keyOf))
  const node = createTestNode()
  await plane.query(
    `insert into writ.nodes (id, name, public_key, lease_key, origin, build) values ($1, $1, $2, '{}', 'http://127.0.0.1', 'test')`,
    [node.id, node.publicKey],
  )
  const scope = createTenantScope(worker)
  return {
    plane,
    folder,
    witness,
    node,
    pass: (ms) => void (nowMs += ms),
    seal: () => plane.app.get(LogSealer).sealAll(),
    givenLog: (length) => givenLog({ plane, node, scope }, length),
    trusted,
    asIntruder: (...statements) => asIntruder(plane.ownerUrl, statements),
    close: async () => {
      await worker.close()
      await plane.close()
      await witness.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const keyOf = (line: string): NoteKey => {
  const key = readNoteKey(line)
  if (key === null) throw new Error('no key line')
  return key
}

type Ledger = Pick<Logs, 'plane' | 'node'> & { readonly scope: ReturnType<typeof createTenantScope> }

async function givenLog({ plane, node, scope }: Ledger, length: number): Promise<Logged> {
  const { tenant, ownerKey } = await plane.newTenant()
  const stream = createTestStream(node, tenant.id, length)
  return {
    id: tenant.id,
    slug: tenant.slug,
    stream,
    get: (path) => plane.ask('GET', `/api/v1/audit/${path}`, { key: ownerKey.key }),
    ingest: async (from, to, of = stream) => {
      for (let at = from; at < to; at += 200) await ingestBatch(scope, of.opened(at, Math.min(to, at + 200)))
    },
  }
}

async function trusted(log: Logged): Promise<Trusted> {
  const { body, text } = await log.get('trust')
  expect(text).toBe(canonical(body))
  return {
    origin: body.origin,
    log: body.logKeys.map(({ key }: { key: string }) => keyOf(key)),
    witnesses: body.witnesses.map(keyOf),
    version: body.version,
  }
}

async function asIntruder(ownerUrl: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: ownerUrl })
  await client.connect()
  await client.query('set session_replication_role = replica')
  for (const statement of statements) await client.query(statement)
  await client.end()
}
