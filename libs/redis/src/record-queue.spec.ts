import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { StreamBatch } from '@writ/contracts'
import { createPostgresBackend, Queue } from 'bullmq'
import { connectRedis } from './connect.ts'
import type { RecordQueue } from './record-queue.ts'
import { createRecordQueue, QueueUnavailable } from './record-queue.ts'
import type { RecordStore } from './record-store.ts'
import { prepareQueueStore } from './record-store.ts'
import type { RecordWorker, RecordWorkerReport } from './record-worker.ts'
import { BatchRejected, createRecordWorker } from './record-worker.ts'
import type { Gate, TestQueueDatabase } from './test-services.ts'
import { createTestQueueDatabase, eventually, openGate, testRedisUrl } from './test-services.ts'

const TENANT = `ten_${'1'.repeat(26)}` as const
const NODE = `nod_${'2'.repeat(26)}` as const

const batchAt = (fromSeq: number): StreamBatch => ({
  stream: `${NODE}:boo_${'3'.repeat(26)}:${TENANT}`,
  tenant: TENANT,
  node: NODE,
  fromSeq,
  records: ['{"é":"exact \\" bytes"}', 'two'],
  headHash: 'a'.repeat(64),
  signature: Buffer.from(`signature of ${fromSeq}`).toString('base64url'),
})

/** One store under test: how to reach it, how to put anything into it, how to empty it. */
type Given = {
  readonly store: RecordStore
  readonly workerStore: RecordStore
  readonly gate: Gate
  readonly addRaw: (payload: unknown) => Promise<void>
  readonly empty: () => Promise<void>
  readonly close: () => Promise<void>
}

const throughGate = ({ kind, url }: RecordStore, gate: Gate): RecordStore => ({
  kind,
  url: Object.assign(new URL(url), { port: new URL(gate.url).port }).href,
})

async function givenRedis(): Promise<Given> {
  const direct = connectRedis(testRedisUrl(12))
  await direct.whenReady(5_000)
  const gate = await openGate(testRedisUrl(12))
  const raw = new Queue('records', { connection: direct.client, prefix: 'writ' })
  return {
    store: { kind: 'redis', url: gate.url },
    workerStore: { kind: 'redis', url: gate.url },
    gate,
    addRaw: async (payload) => void (await raw.add('batch', payload)),
    empty: async () => void (await direct.client.flushdb()),
    close: async () => {
      await raw.close()
      await direct.close()
      await gate.close()
    },
  }
}

async function givenPostgres(): Promise<Given> {
  const database: TestQueueDatabase = await createTestQueueDatabase()
  const gate = await openGate(database.urlAs('writ_app'))
  const raw = new Queue(
    'records',
    { connection: { connectionString: database.ownerUrl, schema: 'bullmq' } },
    createPostgresBackend,
  )
  return {
    store: throughGate({ kind: 'postgres', url: database.urlAs('writ_app') }, gate),
    workerStore: throughGate({ kind: 'postgres', url: database.urlAs('writ_worker') }, gate),
    gate,
    addRaw: async (payload) => void (await raw.add('batch', payload)),
    empty: () => raw.obliterate({ force: true }),
    close: async () => {
      await raw.close()
      await gate.close()
      await database.drop()
    },
  }
}

describe.each([
  ['Redis', givenRedis],
  ['Postgres', givenPostgres],
])('the queue of records in %s', (_, open) => {
  let given: Given
  let queue: RecordQueue
  let worker: RecordWorker | null = null
  let taken: StreamBatch[] = []
  let reports: RecordWorkerReport[] = []

  beforeAll(async () => {
    given = await open()
  }, 30_000)
  beforeEach(async () => {
    await given.empty()
    queue = createRecordQueue(given.store)
    taken = []
    reports = []
  })
  afterEach(async () => {
    await worker?.close()
    worker = null
    await queue.close()
  })
  afterAll(() => given.close())

  const work = (process = async (batch: StreamBatch): Promise<void> => void taken.push(batch)): void => {
    worker = createRecordWorker(given.workerStore, process, (said) => reports.push(said))
  }

  it('delivers a batch as it was given, and forgets it', async () => {
    await queue.add(batchAt(0))
    work()
    await eventually(() => taken.length === 1)
    expect(taken).toEqual([batchAt(0)])
    await eventually(async () => (await queue.depth()) === 0)
  })

  it('delivers in order, one at a time', async () => {
    for (let seq = 0; seq < 20; seq += 2) await queue.add(batchAt(seq))
    let underWay = 0
    let most = 0
    work(async (batch) => {
      most = Math.max(most, (underWay += 1))
      await delay(5)
      underWay -= 1
      taken.push(batch)
    })
    await eventually(() => taken.length === 10)
    expect(taken.map(({ fromSeq }) => fromSeq)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
    expect(most).toBe(1)
  })

  it('says how many batches are under way', async () => {
    await eventually(async () => (await queue.depth()) === 0)
    await queue.add(batchAt(0))
    await queue.add(batchAt(2))
    expect(await queue.depth()).toBe(2)
  })

  it('holds a batch once however often it is sent while it waits, and takes it again afterwards', async () => {
    await queue.add(batchAt(0))
    await queue.add(batchAt(0))
    expect(await queue.depth()).toBe(1)
    work()
    await eventually(async () => taken.length === 1 && (await queue.depth()) === 0)
    await queue.add(batchAt(0))
    await eventually(() => taken.length === 2)
  })

  it('tries a batch again until it is taken, and says so', async () => {
    let failures = 3
    work(async (batch) => {
      if ((failures -= 1) >= 0) throw new Error('the ledger is away')
      taken.push(batch)
    })
    await queue.add(batchAt(0))
    await eventually(() => taken.length === 1, 15_000)
    expect(reports.map(({ kind }) => kind)).toEqual(['retrying', 'retrying', 'retrying'])
    expect(reports[0]).toMatchObject({ jobId: expect.any(String), reason: 'the ledger is away' })
  }, 20_000)

  it('puts a malformed batch aside, names its job and goes on with the next', async () => {
    await given.addRaw({ ...batchAt(0), records: [] })
    await given.addRaw('hunter2')
    await given.addRaw(null)
    await queue.add(batchAt(4))
    work()
    await eventually(() => taken.length === 1)
    expect(taken).toEqual([batchAt(4)])
    await eventually(() => reports.length === 3)
    expect(reports.map(({ kind }) => kind)).toEqual(['quarantined', 'quarantined', 'quarantined'])
    expect(reports[0]).toMatchObject({
      jobId: expect.stringMatching(/.+/),
      reason: 'the batch is malformed at records',
    })
    expect(JSON.stringify(reports)).not.toContain('hunter2')
    await eventually(async () => (await queue.depth()) === 0)
  })

  it('puts a batch aside that the ledger rejects, and lets it be sent again', async () => {
    work(async (batch) => {
      if (taken.push(batch) === 1) throw new BatchRejected('the signature does not hold')
    })
    await queue.add(batchAt(0))
    await eventually(() => reports.length === 1)
    expect(reports).toEqual([
      { kind: 'quarantined', jobId: expect.any(String), reason: 'the signature does not hold' },
    ])
    await queue.add(batchAt(0))
    await eventually(() => taken.length === 2)
  })

  it('refuses soon when the store is away, and works again when it is back', async () => {
    await queue.add(batchAt(0))
    await given.gate.cut()
    const startedAt = performance.now()
    await expect(queue.add(batchAt(2))).rejects.toThrow(QueueUnavailable)
    await expect(queue.depth()).rejects.toThrow(QueueUnavailable)
    expect(performance.now() - startedAt).toBeLessThan(6_000)
    await given.gate.restore()
    await eventually(
      () =>
        queue.add(batchAt(4)).then(
          () => true,
          () => false,
        ),
      15_000,
    )
    work()
    await eventually(() => taken.some(({ fromSeq }) => fromSeq === 4), 15_000)
    expect(taken[0]).toEqual(batchAt(0))
  }, 40_000)

  it('refuses soon when the store answers nothing', async () => {
    await queue.add(batchAt(0))
    given.gate.freeze()
    const startedAt = performance.now()
    await expect(queue.add(batchAt(2))).rejects.toThrow(QueueUnavailable)
    expect(performance.now() - startedAt).toBeLessThan(3_500)
    await given.gate.restore()
  }, 15_000)

  it('can be made while the store is away, on both ends', async () => {
    await given.gate.cut()
    const early = createRecordQueue(given.store)
    work()
    await expect(early.add(batchAt(0))).rejects.toThrow(QueueUnavailable)
    await given.gate.restore()
    await eventually(
      () =>
        early.add(batchAt(2)).then(
          () => true,
          () => false,
        ),
      15_000,
    )
    await eventually(() => taken.some(({ fromSeq }) => fromSeq === 2), 20_000)
    await early.close()
  }, 45_000)

  it('goes on working after the worker lost the store for a while', async () => {
    work()
    await queue.add(batchAt(0))
    await eventually(() => taken.length === 1)
    await given.gate.cut()
    await delay(500)
    await given.gate.restore()
    await eventually(
      () =>
        queue.add(batchAt(2)).then(
          () => true,
          () => false,
        ),
      15_000,
    )
    await eventually(() => taken.some(({ fromSeq }) => fromSeq === 2), 25_000)
  }, 45_000)

  it('takes up a batch whose worker died while it had it', async () => {
    const away = await openGate(given.gate.url)
    const ending = new AbortController()
    const held = once(ending.signal, 'abort')
    let isHolding = false
    const dying = createRecordWorker(throughGate(given.workerStore, away), () => {
      isHolding = true
      return held.then(() => undefined)
    })
    await queue.add(batchAt(0))
    await eventually(() => isHolding)
    await away.cut()
    work()
    await eventually(() => taken.length === 1, 40_000)
    expect(taken).toEqual([batchAt(0)])
    await away.restore()
    ending.abort()
    await dying.close()
    await away.close()
  }, 60_000)

  it('finishes the batch at hand before it closes', async () => {
    work(async (batch) => {
      await delay(300)
      taken.push(batch)
    })
    await queue.add(batchAt(0))
    await eventually(async () => (await queue.depth()) === 1)
    await delay(100)
    await worker?.close()
    expect(taken).toEqual([batchAt(0)])
    await eventually(async () => (await queue.depth()) === 0)
  })

  it('closes soon while the store is away', async () => {
    work()
    await queue.add(batchAt(0))
    await eventually(() => taken.length === 1)
    await given.gate.cut()
    const startedAt = performance.now()
    await worker?.close()
    await queue.close()
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    await given.gate.restore()
  }, 30_000)
})

describe('the queue of records', () => {
  it('closes without ever having been opened', async () => {
    await expect(
      createRecordQueue({ kind: 'redis', url: 'redis://127.0.0.1:1' }).close(),
    ).resolves.toBeUndefined()
  })

  it('is prepared in Postgres again and by several at once without harm', async () => {
    const database = await createTestQueueDatabase()
    await Promise.all([1, 2, 3].map(() => prepareQueueStore(database.ownerUrl)))
    const queue = createRecordQueue({ kind: 'postgres', url: database.urlAs('writ_app') })
    await queue.add(batchAt(0))
    expect(await queue.depth()).toBe(1)
    await queue.close()
    await database.drop()
  }, 30_000)
})
