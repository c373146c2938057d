import { execFile } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { inflateRawSync } from 'node:zlib'
import { sealingKey, sealTo } from '@writ/audit'
import type { RecordFields } from '@writ/audit'
import type { HumanId, Sealed, TenantId } from '@writ/contracts'
import { PackView } from '@writ/contracts'
import { createTenantScope, ingestBatch, openDatabase, recordHead } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { createTestNode, createTestStream } from '@writ/postgres/testing'
import type { TestNode } from '@writ/postgres/testing'
import { SubjectKeys } from '../personal/subject-keys.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'

/** A tenant with a log, and a key of its owner. */
export type Audited = {
  readonly id: TenantId
  readonly slug: string
  readonly key: string
  readonly human: HumanId
  /** the name of that human, as an enforcement point would seal it */
  readonly sealedName: Sealed
}

export type PackWorld = {
  readonly plane: ControlPlane
  readonly audited: () => Promise<Audited>
  /** appends records of one more stream of the tenant to its log */
  readonly record: (
    tenant: Audited,
    count: number,
    fields?: (seq: number) => Partial<RecordFields>,
  ) => Promise<void>
  readonly ask: (tenant: Audited, query?: object) => Promise<Answer>
  /** the pack of a query, once it is made or cannot be */
  readonly made: (tenant: Audited, query?: object) => Promise<PackView>
  readonly settled: (tenant: Audited, id: string) => Promise<PackView>
  readonly download: (tenant: Audited, id: string) => Promise<Buffer>
  readonly close: () => Promise<void>
}

/** A control plane that seals every second, with nodes whose records are ingested as the worker does. */
export async function givenPacks(): Promise<PackWorld> {
  const plane = await givenControlPlane({ environment: { WRIT_AUDIT_SEAL_SECONDS: '1' } })
  const worker = await openDatabase(plane.workerUrl, { poolSize: 2, applicationName: 'packs spec worker' })
  const app = await openDatabase(plane.appUrl, { poolSize: 2, applicationName: 'packs spec' })
  const node = createTestNode()
  await plane.query(
    `insert into writ.nodes (id, name, public_key, lease_key, origin, build) values ($1, $1, $2, '{}', 'http://127.0.0.1', 'test')`,
    [node.id, node.publicKey],
  )
  const ask: PackWorld['ask'] = ({ key }, query = {}) =>
    plane.ask('POST', '/api/v1/audit/packs', { key, body: query })
  const settled: PackWorld['settled'] = async ({ key }, id) => {
    for (let tries = 0; tries < 600; tries += 1) {
      const pack = PackView.parse((await plane.ask('GET', `/api/v1/audit/packs/${id}`, { key })).body)
      if (pack.state !== 'waiting' && pack.state !== 'making') return pack
      await pause(100)
    }
    throw new Error('the pack is not made within a minute')
  }
  return {
    plane,
    audited: () => auditedIn(plane),
    record: (tenant, count, fields) => append({ worker, app, node }, tenant, { count, fields }),
    ask,
    settled,
    made: async (tenant, query) => settled(tenant, (await ask(tenant, query)).body.id),
    download: (tenant, id) => bytesOf(plane, tenant, id),
    close: async () => {
      await worker.close()
      await app.close()
      await plane.close()
    },
  }
}

async function auditedIn(plane: ControlPlane): Promise<Audited> {
  const { tenant, ownerKey } = await plane.newTenant()
  const body = { name: 'Ada Lovelace', email: 'ada@example.test' }
  const human: HumanId = (await plane.ask('POST', '/api/v1/humans', { key: ownerKey.key, body })).body.id
  const subjects = await plane.app
    .get(Tenancy)
    .run({ id: tenant.id, slug: tenant.slug }, (db) => plane.app.get(SubjectKeys).of(db, [human]))
  const subject = subjects.get(human)
  if (!subject) throw new Error('a human of the tenant has a key')
  const sealing = sealingKey(subject, generateKeyPairSync('x25519').privateKey)
  const sealedName = sealTo(sealing, body.name, { salt: randomBytes(32), nonce: randomBytes(12) })
  return { id: tenant.id, slug: tenant.slug, key: ownerKey.key, human, sealedName }
}

type Ledger = { readonly worker: Database; readonly app: Database; readonly node: TestNode }
type Batch = { readonly count: number; readonly fields: ((seq: number) => Partial<RecordFields>) | undefined }

async function append(
  { worker, app, node }: Ledger,
  tenant: Audited,
  { count, fields }: Batch,
): Promise<void> {
  const stream = createTestStream(node, tenant.id, count, (seq) => ({
    human: { id: tenant.human, name: tenant.sealedName },
    ...fields?.(seq),
  }))
  const scope = createTenantScope(worker)
  for (let from = 0; from < count; from += 100)
    await ingestBatch(scope, stream.opened(from, Math.min(count, from + 100)))
  await createTenantScope(app).run(tenant.id, (manager) => recordHead(manager, node.id, stream.head(count)))
}

async function bytesOf(plane: ControlPlane, { key }: Audited, id: string): Promise<Buffer> {
  const response = await fetch(`${plane.url}/api/v1/audit/packs/${id}/file`, {
    headers: { authorization: `Bearer ${key}` },
  })
  if (!response.ok) throw new Error(`the file is ${response.status}: ${await response.text()}`)
  return Buffer.from(await response.arrayBuffer())
}

/** What the program that travels with a pack says of it. */
export type Verified = {
  readonly holds: boolean
  readonly proves: string
  readonly rows: number
  readonly disclosures: number
  readonly previous: number | null
  readonly faults: readonly unknown[]
}

/** Runs the verifier on a pack, away from everything, as who received it does. */
export async function verified(zip: Uint8Array): Promise<Verified> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-pack-'))
  const file = join(folder, 'pack.zip')
  writeFileSync(file, zip)
  const program = fileURLToPath(import.meta.resolve('@writ/audit/verify.mjs'))
  try {
    const said = await new Promise<string>((resolve) => {
      execFile(process.execPath, [program, file, '--json'], { env: {}, maxBuffer: 2 ** 26 }, (_, out, err) =>
        resolve(out === '' ? err : out),
      )
    })
    const result: Verified = JSON.parse(said)
    return result
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The members of a zip, read by its directory. */
export function membersIn(zip: Buffer): Map<string, Buffer> {
  const members = new Map<string, Buffer>()
  let at = zip.readUInt32LE(zip.length - 6)
  for (let left = zip.readUInt16LE(zip.length - 12); left > 0; left -= 1) {
    const [method, size, nameLength] = [
      zip.readUInt16LE(at + 10),
      zip.readUInt32LE(at + 20),
      zip.readUInt16LE(at + 28),
    ]
    const local = zip.readUInt32LE(at + 42)
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const bytes = zip.subarray(from, from + size)
    members.set(name, method === 0 ? bytes : inflateRawSync(bytes))
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return members
}
