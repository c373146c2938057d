import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { INestApplicationContext } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { sealRecord, signBatch, verifyEvidence } from '@writ/audit'
import type { NodeKind, RecordFields } from '@writ/audit'
import { AuditRecord, TenantId } from '@writ/contracts'
import type { StreamBatch } from '@writ/contracts'
import { createTenantScope, openDatabase, PlatformQueries, readEvidence, recordHead } from '@writ/postgres'
import type { Database, TenantScope } from '@writ/postgres'
import {
  createTestDatabase,
  createTestNode,
  createTestStream,
  insertTestNode,
  insertTestTenant,
  testId,
} from '@writ/postgres/testing'
import type { TestDatabase, TestNode, TestStream } from '@writ/postgres/testing'
import { connectRedis, createRecordQueue, prepareQueueStore } from '@writ/redis'
import type { RecordQueue, RecordStore } from '@writ/redis'
import { createLog, createMetrics, listenOn } from '@writ/runtime'
import type { Metrics } from '@writ/runtime'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { readConfig } from './config.ts'
import { WorkerModule } from './worker.module.ts'
import { openWorld } from './world.ts'
import type { World } from './world.ts'

jest.setTimeout(60_000)

let database: TestDatabase
let app: Database
let scope: TenantScope
let node: TestNode

beforeAll(async () => {
  database = await createTestDatabase()
  await prepareQueueStore(database.ownerUrl)
  app = await openDatabase(database.appUrl, { poolSize: 2, applicationName: 'worker spec' })
  scope = createTenantScope(app)
  node = createTestNode()
  await insertTestNode(database, node)
})

afterAll(async () => {
  await app.close()
  await database.drop()
})

/** A number of its own, because the redis room's specs use the same queue name in others. */
function testRedisUrl(): string {
  const url = process.env['WRIT_TEST_REDIS_URL']
  if (!url)
    throw new Error(
      'WRIT_TEST_REDIS_URL is not set: run the specs through `npm test`, which starts a real Redis for them',
    )
  return Object.assign(new URL(url), { pathname: '/14' }).href
}

type Worker = {
  readonly metrics: Metrics
  readonly context: INestApplicationContext
  readonly world: World
  readonly lines: string[]
}

async function startWorker(redisUrl?: string): Promise<Worker> {
  const config = readConfig({ DATABASE_URL: database.workerUrl, REDIS_URL: redisUrl })
  const [metrics, lines]: [Metrics, string[]] = [createMetrics(), []]
  const log = createLog('audit-worker', 'debug', { write: (line: string) => void lines.push(line) })
  const world = await openWorld(config, log, metrics)
  const context = await NestFactory.createApplicationContext(WorkerModule.around(world.outside), {
    logger: false,
    abortOnError: false,
  })
  return { metrics, context, world, lines }
}

async function stopWorker({ context, world }: Worker): Promise<void> {
  await context.close()
  await world.close()
}

const givenStream = async (length: number): Promise<TestStream> =>
  createTestStream(node, await insertTestTenant(scope, testId('ten').toLowerCase().replace('_', '-')), length)

/** Evidence of the tenant of a stream, whose node has signed how far it came. */
const evidenceOf = (stream: TestStream, nextSeq: number) =>
  scope.run(stream.tenant, async (manager) => {
    await recordHead(manager, node.id, stream.head(nextSeq))
    return readEvidence(manager, { tenantId: stream.tenant, exportedAt: new Date() })
  })

const watermarkOf = async (stream: TestStream): Promise<number | undefined> =>
  (await new PlatformQueries(app).watermarksOf(node.id, [stream.id]))[0]?.nextSeq

const quarantined = (batch: StreamBatch): Promise<{ reason: string }[]> =>
  database.query('select reason from writ.audit_quarantine where claimed_stream = $1 and from_seq = $2', [
    batch.stream,
    batch.fromSeq,
  ])

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await holds());) {
    if (Date.now() > deadline) throw new Error('it did not hold within 20 s')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

const ADMINISTRATION: RecordFields['administration'] = {
  permission: 'policies.write',
  route: 'PUT /api/v1/policies/{id}',
  by: { kind: 'operator', id: 'operator', name: 'operator' },
  target: null,
  before: null,
  after: null,
}
const HONEST: Readonly<Record<NodeKind, Partial<RecordFields>>> = {
  gateway: {},
  device: { channel: 'hooks' },
  'control-plane': { outcome: 'unknown' },
}

describe.each(['postgres', 'redis'] as const)('an intake from %s', (kind) => {
  let worker: Worker
  let queue: RecordQueue

  beforeEach(async () => {
    const store: RecordStore =
      kind === 'redis' ? { kind, url: testRedisUrl() } : { kind, url: database.appUrl }
    worker = await startWorker(kind === 'redis' ? testRedisUrl() : undefined)
    queue = createRecordQueue(store)
  })

  afterEach(async () => {
    await queue.close()
    await stopWorker(worker)
  })

  it('appends what the node signed, once, however often it comes', async () => {
    const stream = await givenStream(9)
    await queue.add(stream.batch(0, 4))
    await eventually(async () => (await watermarkOf(stream)) === 4)
    await queue.add(stream.batch(0, 4))
    await queue.add(stream.batch(2, 9))
    await eventually(async () => (await watermarkOf(stream)) === 9)
    expect(verifyEvidence(await evidenceOf(stream, 9))).toMatchObject({ holds: true, records: 9 })
    expect(await worker.metrics.exposition()).toContain('writ_worker_records_total 9')
  })

  it('ends a batch that came too early, and takes it when it is sent again', async () => {
    const stream = await givenStream(6)
    await queue.add(stream.batch(3, 6))
    await eventually(async () => (await worker.metrics.exposition()).includes('{outcome="gap"} 1'))
    await eventually(async () => (await queue.depth()) === 0)
    for (const [from, to] of [
      [0, 3],
      [3, 6],
    ] as const)
      await queue.add(stream.batch(from, to))
    await eventually(async () => (await watermarkOf(stream)) === 6)
    expect(verifyEvidence(await evidenceOf(stream, 6))).toMatchObject({ holds: true, records: 6 })
  })

  it('keeps aside what its node did not sign, and goes on', async () => {
    const stream = await givenStream(3)
    const forged = {
      ...stream.batch(0, 2),
      signature: createTestStream(createTestNode(), stream.tenant, 2).batch(0, 2).signature,
    }
    await queue.add(forged)
    await queue.add(stream.batch(0, 3))
    await eventually(async () => (await watermarkOf(stream)) === 3)
    expect(await quarantined(forged)).toEqual([{ reason: 'unsound' }])
    const line = worker.lines.find((text) => text.includes('quarantine'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 50, stream: stream.id, reason: 'unsound' })
  })

  it('keeps aside a second history of a stream', async () => {
    const stream = await givenStream(4)
    await queue.add(stream.batch(0, 4))
    await eventually(async () => (await watermarkOf(stream)) === 4)
    const fork = stream.fork().batch(2, 4)
    await queue.add(fork)
    await eventually(async () => (await quarantined(fork)).length > 0)
    expect(await quarantined(fork)).toEqual([{ reason: 'fork' }])
    expect(verifyEvidence(await evidenceOf(stream, 4))).toMatchObject({ holds: true, records: 4 })
  })

  it('keeps aside what comes from a node that never joined, or for a tenant that does not exist', async () => {
    const stranger = createTestStream(createTestNode(), (await givenStream(0)).tenant, 1).batch(0, 1)
    const lost = createTestStream(node, TenantId.parse(testId('ten')), 1).batch(0, 1)
    for (const batch of [stranger, lost]) await queue.add(batch)
    await eventually(
      async () => (await quarantined(lost)).length > 0 && (await quarantined(stranger)).length > 0,
    )
    expect([await quarantined(stranger), await quarantined(lost)]).toEqual([
      [{ reason: 'unknown-node' }],
      [{ reason: 'unknown-tenant' }],
    ])
  })

  it.each<[NodeKind, string, Partial<RecordFields>]>([
    ['gateway', 'an administrative record', { kind: 'administered', administration: ADMINISTRATION }],
    ['gateway', 'a call that tells of an administrator', { administration: ADMINISTRATION }],
    ['gateway', 'a local action', { channel: 'hooks' }],
    ['device', 'a call through a gateway', { channel: 'gateway' }],
    ['control-plane', 'a call', { outcome: 'allow' }],
  ])('keeps aside what a %s never says, %s, and takes what it says in that place', async (maker, _, told) => {
    const signer = createTestNode()
    await insertTestNode(database, signer, maker)
    const tenant = await insertTestTenant(scope, testId('ten').toLowerCase().replace('_', '-'))
    const honest = createTestStream(signer, tenant, 4, () => HONEST[maker])
    const isStored = async (count: number) =>
      (await new PlatformQueries(app).watermarksOf(signer.id, [honest.id]))[0]?.nextSeq === count
    await queue.add(honest.batch(0, 2))
    await eventually(() => isStored(2))
    const forged = behind(honest.batch(0, 2), { ...HONEST[maker], ...told }, signer)
    await queue.add(forged)
    await eventually(async () => (await quarantined(forged)).length > 0)
    expect(await quarantined(forged)).toEqual([{ reason: 'foreign' }])
    await queue.add(honest.batch(2, 4))
    await eventually(() => isStored(4))
    const line = worker.lines.find((text) => text.includes('foreign'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 50, stream: honest.id, reason: 'foreign' })
  })
})

/** One more record in a stream, right behind a batch of it, by whoever has the node's key. */
function behind(batch: StreamBatch, told: Partial<RecordFields>, { privateKey }: TestNode): StreamBatch {
  const { stream, fromSeq, records, headHash } = batch
  const seq = fromSeq + records.length
  const last = AuditRecord.parse(JSON.parse(records.at(-1) ?? ''))
  const { bytes, sha256 } = sealRecord({ ...fieldsOf(last), ...told }, { stream, seq, prev: headHash })
  return signBatch({ ...batch, fromSeq: seq, records: [bytes], headHash: sha256 }, privateKey)
}

function fieldsOf({ v: _v, stream: _stream, seq: _seq, prev: _prev, ...fields }: AuditRecord): RecordFields {
  return fields
}

/** A way to Redis that is shut until it is opened. */
async function closedGate(): Promise<{ url: string; open: () => Promise<void>; close: () => void }> {
  const redis = new URL(testRedisUrl())
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(redis.port), redis.hostname)
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined))
    near.pipe(far).pipe(near)
  })
  const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
  await new Promise((resolve) => server.close(resolve))
  return {
    url: Object.assign(new URL(redis), { port }).href,
    open: async () => void (await listenOn(server, { host: '127.0.0.1', port })),
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

describe('a worker with Redis', () => {
  it('tells how far a stream is stored', async () => {
    const listener = connectRedis(testRedisUrl(), { purpose: 'blocking' })
    const heard: unknown[] = []
    listener.client.on('message', (_channel, message) => heard.push(JSON.parse(message)))
    await listener.client.subscribe('writ:acks')
    const worker = await startWorker(testRedisUrl())
    const queue = createRecordQueue({ kind: 'redis', url: testRedisUrl() })
    const stream = await givenStream(2)
    await queue.add(stream.batch(0, 2))
    await eventually(async () => heard.length > 0)
    expect(heard).toContainEqual({ stream: stream.id, nextSeq: 2 })
    await queue.close()
    await stopWorker(worker)
    await listener.close()
  })

  it('empties the queue in Postgres while Redis is away, and both when it is back', async () => {
    const gate = await closedGate()
    const worker = await startWorker(gate.url)
    const queue = createRecordQueue({ kind: 'postgres', url: database.appUrl })
    const stream = await givenStream(2)
    await queue.add(stream.batch(0, 2))
    await eventually(async () => (await watermarkOf(stream)) === 2)
    await queue.close()
    await gate.open()
    const overRedis = createRecordQueue({ kind: 'redis', url: gate.url })
    const next = await givenStream(1)
    await eventually(() =>
      overRedis.add(next.batch(0, 1)).then(
        () => true,
        () => false,
      ),
    )
    await eventually(async () => (await watermarkOf(next)) === 1)
    await overRedis.close()
    await stopWorker(worker)
    gate.close()
  })
})

describe('two workers', () => {
  it('share the work and store every record once', async () => {
    const workers = [await startWorker(testRedisUrl()), await startWorker(testRedisUrl())]
    const queues = [
      createRecordQueue({ kind: 'redis', url: testRedisUrl() }),
      createRecordQueue({ kind: 'postgres', url: database.appUrl }),
    ]
    const streams = await Promise.all([givenStream(40), givenStream(40)])
    const send = async (stream: TestStream, from: number): Promise<void> => {
      for (let seq = from; seq < 40; seq += 4)
        await Promise.all(queues.map((queue) => queue.add(stream.batch(seq, seq + 4))))
    }
    await Promise.all(streams.map((stream) => send(stream, 0)))
    await eventually(async () => {
      // What a node does: it goes back to the watermark as long as that stands still.
      for (const stream of streams) await send(stream, (await watermarkOf(stream)) ?? 0)
      return (await Promise.all(streams.map(watermarkOf))).every((nextSeq) => nextSeq === 40)
    })
    for (const stream of streams)
      expect(verifyEvidence(await evidenceOf(stream, 40))).toMatchObject({ holds: true, records: 40 })
    await Promise.all(queues.map((queue) => queue.close()))
    await Promise.all(workers.map(stopWorker))
  })
})
