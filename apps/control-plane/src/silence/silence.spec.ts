import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { isFault, openBatch, signHead, verifyEvidence } from '@writ/audit'
import { Evidence } from '@writ/contracts'
import type { AuditRecord, StreamBatch, TenantId } from '@writ/contracts'
import { createTenantScope, ingestBatch, openDatabase, PlatformQueries } from '@writ/postgres'
import type { Database } from '@writ/postgres'
import { createTestStream, testId } from '@writ/postgres/testing'
import type { TestStream } from '@writ/postgres/testing'
import { createRecordWorker } from '@writ/redis'
import type { RecordWorker } from '@writ/redis'
import { rawPublicKey } from '@writ/audit'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let ledger: Database
let worker: RecordWorker
let node: JoinedNode

beforeAll(async () => {
  const environment = { WRIT_STREAM_LOST_AFTER_SECONDS: '1', WRIT_UNKNOWN_AFTER_SECONDS: '1' }
  plane = await givenControlPlane({ environment })
  ledger = await openDatabase(plane.workerUrl, { poolSize: 2, applicationName: 'silence spec' })
  worker = createRecordWorker({ kind: 'postgres', url: plane.workerUrl }, keep, () => {})
  node = await joinedNode(plane)
})
afterAll(async () => {
  await worker?.close()
  await ledger?.close()
  await plane?.close()
})

async function keep(batch: StreamBatch): Promise<void> {
  const publicKey = await new PlatformQueries(ledger).nodeKeyOf(batch.node)
  const records = openBatch(batch, publicKey ?? '')
  if (isFault(records)) throw new Error(records.message)
  await ingestBatch(createTenantScope(ledger), { batch, records })
}

/** As whoever has the database could. */
async function damaged({ stream, decision }: World): Promise<void> {
  await plane.query('alter table writ.records disable trigger user')
  await plane.query(`update writ.records set bytes = '{' where tenant_id = $1 and decision_id = $2`, [
    stream.tenant,
    decision,
  ])
}

type World = { readonly key: string; readonly stream: TestStream; readonly decision: `dec_${string}` }

/** A gateway's stream: a call that began, one that ended, and one that began and ended. */
async function given(): Promise<World> {
  const { tenant, ownerKey } = await plane.newTenant()
  const decision = testId('dec')
  const ended = testId('dec')
  const kinds = ['opened', 'closed', 'opened', 'closed'] as const
  const decisions = [decision, testId('dec'), ended, ended]
  return {
    key: ownerKey.key,
    decision,
    stream: streamOf(tenant.id, (seq) => ({
      kind: kinds[seq] ?? 'closed',
      decisionId: decisions[seq] ?? ended,
    })),
  }
}

const streamOf = (tenant: TenantId, fields: (seq: number) => Partial<AuditRecord>): TestStream =>
  createTestStream(
    { id: node.id, publicKey: rawPublicKey(node.key), privateKey: node.key },
    tenant,
    4,
    fields,
  )

const tell = ({ stream }: World, nextSeq: number): Promise<unknown> => {
  const { headHash } = stream.head(nextSeq)
  const at = new Date().toISOString()
  return node.ask('POST', '/internal/v1/heads', {
    heads: [signHead({ stream: stream.id, nextSeq, headHash, at }, node.key)],
  })
}

async function recordsOf({ key }: World): Promise<AuditRecord[]> {
  const { body } = await plane.ask('GET', '/api/v1/records/evidence', { key })
  const evidence = Evidence.parse(body)
  expect(verifyEvidence(evidence).faults.filter(({ check }) => check !== 'completeness')).toEqual([])
  return evidence.records.map(({ bytes }) => JSON.parse(bytes))
}

async function eventually(world: World, isThere: (record: AuditRecord) => boolean): Promise<AuditRecord> {
  for (;;) {
    const found = (await recordsOf(world)).find(isThere)
    if (found) return found
    await new Promise((wait) => setTimeout(wait, 100))
  }
}

const rest = (seconds: number) => new Promise((wait) => setTimeout(wait, seconds * 1000))

describe('a stream that falls silent before its records came', () => {
  it('is recorded as lost, exactly as far as its node signed, and once; and so is their arrival after all', async () => {
    const world = await given()
    await keep(world.stream.batch(0, 2))
    await tell(world, 4)
    const lost = await eventually(world, ({ kind }) => kind === 'stream_lost')
    expect(lost).toMatchObject({
      lost: { stream: world.stream.id, from: 2, to: 4, arrived: false },
      outcome: 'failed',
    })
    expect(lost.stream).not.toContain(node.id)
    await rest(1.5)
    expect((await recordsOf(world)).filter(({ kind }) => kind === 'stream_lost')).toHaveLength(1)
    await keep(world.stream.batch(2, 4))
    const arrived = await eventually(world, ({ lost: range }) => range?.arrived === true)
    expect(arrived.lost).toEqual({ stream: world.stream.id, from: 2, to: 4, arrived: true })
    expect((await recordsOf(world)).filter(({ kind }) => kind === 'stream_lost')).toHaveLength(2)
  })
})

describe('a call of which nobody says how it ended', () => {
  it('is closed as unknown, with who made it and what it was, when its gateway is not heard of any more', async () => {
    const world = await given()
    await keep(world.stream.batch(0, 4))
    const unknown = await eventually(world, ({ outcome }) => outcome === 'unknown')
    const opened = (await recordsOf(world)).find(
      ({ decisionId, kind }) => decisionId === world.decision && kind === 'opened',
    )
    expect(unknown).toMatchObject({
      kind: 'closed',
      decisionId: world.decision,
      human: opened?.human,
      agent: opened?.agent,
      session: opened?.session,
      action: opened?.action,
    })
    await rest(1.5)
    expect((await recordsOf(world)).filter(({ outcome }) => outcome === 'unknown')).toHaveLength(1)
  })

  it('waits for as long as its gateway tells of the stream, and not when it ended meanwhile', async () => {
    const world = await given()
    await keep(world.stream.batch(0, 4))
    for (let at = 0; at < 8; at += 1) {
      await tell(world, 4)
      await rest(0.4)
    }
    const ended = streamOf(world.stream.tenant, () => ({ decisionId: world.decision }))
    await keep(ended.batch(0, 1))
    await rest(2)
    expect((await recordsOf(world)).map(({ outcome }) => outcome)).not.toContain('unknown')
  })

  it('is closed also where the record of the beginning of another one is damaged, in its tenant or in another', async () => {
    const [bent, sound] = [await given(), await given()]
    await keep(bent.stream.batch(0, 4))
    const besides = streamOf(bent.stream.tenant, () => ({ kind: 'opened', decisionId: testId('dec') }))
    await keep(besides.batch(0, 4))
    await damaged(bent)
    await keep(sound.stream.batch(0, 4))
    await eventually(sound, ({ outcome }) => outcome === 'unknown')
    const ended = () =>
      plane.query(`select 1 from writ.records where tenant_id = $1 and outcome = 'unknown'`, [
        bent.stream.tenant,
      ])
    while ((await ended()).length === 0) await rest(0.1)
  })
})

describe('a database that was away for longer than a stream may be silent', () => {
  it('is no silence of a gateway: whoever lives is heard again before anything is told of them', async () => {
    const world = await given()
    await keep(world.stream.batch(0, 2))
    await tell(world, 4)
    const watch = plane.app.get(CommitWatch)
    const lead = watch.lead.bind(watch)
    const looks = { isAway: true, count: 0 }
    // Without the database nobody leads, and no head is taken.
    const leading = jest.spyOn(watch, 'lead').mockImplementation(async () => {
      const leads = !looks.isAway && (await lead())
      if (leads) looks.count += 1
      return leads
    })
    await rest(2)
    looks.isAway = false
    while (looks.count === 0) await rest(0.05)
    await rest(0.3)
    for (let at = 0; at < 8; at += 1) {
      await tell(world, 4)
      await rest(0.25)
    }
    leading.mockRestore()
    const records = await recordsOf(world)
    expect(records.map(({ kind, outcome }) => [kind, outcome])).not.toContainEqual(['stream_lost', 'failed'])
    expect(records.map(({ outcome }) => outcome)).not.toContain('unknown')
    await eventually(world, ({ kind }) => kind === 'stream_lost')
  })
})
