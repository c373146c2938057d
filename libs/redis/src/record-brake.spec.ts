import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { BATCH_LIMITS } from '@writ/audit'
import type { StreamBatch, StreamId } from '@writ/contracts'
import type { RedisLink } from './connect.ts'
import { connectRedis } from './connect.ts'
import { brakeOf, tellBrake, tellEnded } from './record-brake.ts'
import { createRecordQueue, QueueUnavailable } from './record-queue.ts'
import { SHARDS, shardOf } from './record-shards.ts'
import { createRecordWorker } from './record-worker.ts'
import { eventually, testRedisUrl } from './test-services.ts'

const TENANT = `ten_${'1'.repeat(26)}` as const
const NODE = `nod_${'2'.repeat(26)}` as const
const streamOf = (at: number): StreamId => `${NODE}:boo_${String(at).padStart(26, '0')}:${TENANT}`

const batchOf = (stream: StreamId, fromSeq: number, records = ['one']): StreamBatch => ({
  stream,
  tenant: TENANT,
  node: NODE,
  fromSeq,
  records,
  headHash: 'a'.repeat(64),
  signature: Buffer.from(`${stream} ${fromSeq}`).toString('base64url'),
})

const store = { kind: 'redis', url: testRedisUrl(11) } as const
let link: RedisLink
beforeAll(async () => {
  link = connectRedis(store.url)
  await link.whenReady(5000)
})
beforeEach(async () => void (await link.client.flushdb()))
afterAll(() => link.close())

describe('a producer', () => {
  it('adds nothing once so many batches are under way, and adds again some way below that', async () => {
    const queue = createRecordQueue(store, { depth: 10, memoryShare: 0.65 })
    const said: string[] = []
    for (let seq = 0; seq < 30; seq += 1) {
      said.push(await queue.add(batchOf(streamOf(seq), 0, ['x'.repeat(65_000), 'x'.repeat(65_000)])))
      if (said.at(-1) === 'queued') await new Promise((later) => setTimeout(later, 60))
    }
    expect(said).toContain('braked')
    expect(said.slice(said.indexOf('braked'))).not.toContain('queued')
    expect(await queue.depth()).toBeLessThan(25)
    await link.client.flushdb()
    await eventually(async () => (await queue.add(batchOf(streamOf(0), 0))) === 'queued')
    await queue.close()
  })

  it('does what the workers say', async () => {
    const queue = createRecordQueue(store)
    await tellBrake(link.client, 'depth')
    expect(await queue.add(batchOf(streamOf(0), 0))).toBe('braked')
    await tellBrake(link.client, null)
    await eventually(async () => (await queue.add(batchOf(streamOf(0), 0))) === 'queued')
    await queue.close()
  })

  it('says that there is no way through a store that has hardly any memory left', async () => {
    await link.client.config('SET', 'maxmemory', String(2 ** 50))
    const queue = createRecordQueue(store, { depth: 1000, memoryShare: 1e-12 })
    await expect(queue.add(batchOf(streamOf(0), 0))).rejects.toThrow(QueueUnavailable)
    expect((await queue.sample()).memoryShare).toBeGreaterThan(0)
    await queue.close()
    await link.client.config('SET', 'maxmemory', '0')
  })

  it('can add the largest batch there is, whatever its records are made of', async () => {
    const queue = createRecordQueue(store)
    const long = BATCH_LIMITS.sizeBytes / 7
    const quotes = Array.from({ length: 7 }, () => '"\\'.repeat(long / 2))
    const noise = Array.from({ length: 7 }, () => randomBytes(long).toString('base64url').slice(0, long))
    expect(await queue.add(batchOf(streamOf(0), 0, quotes))).toBe('queued')
    expect(await queue.add(batchOf(streamOf(0), 7, noise))).toBe('queued')
    await queue.close()
  })
})

describe('a brake', () => {
  it.each([
    [{ depth: 9, memoryShare: null }, false, null],
    [{ depth: 10, memoryShare: null }, false, 'depth'],
    [{ depth: 8, memoryShare: null }, true, 'depth'],
    [{ depth: 7, memoryShare: null }, true, null],
    [{ depth: 0, memoryShare: 0.65 }, false, 'memory'],
    [{ depth: 0, memoryShare: 0.6 }, true, 'memory'],
    [{ depth: 0, memoryShare: 0.5 }, true, null],
  ])('for %j, on before: %s, is %s', (sample, isOn, brake) => {
    expect(brakeOf(sample, { depth: 10, memoryShare: 0.65 }, isOn)).toBe(brake)
  })
})

const upTo = (name: string): string[] => Array.from({ length: 8 }, (_, seq) => `${name} ${seq}`)

describe('streams', () => {
  it('are spread over all queues, each always in the same one', () => {
    const used = new Set(Array.from({ length: 400 }, (_, at) => shardOf(streamOf(at))))
    expect(used).toEqual(new Set(SHARDS))
    expect(shardOf(streamOf(7))).toBe(shardOf(streamOf(7)))
  })

  it('are each worked off in their order, by two workers too, and none waits for another', async () => {
    const queue = createRecordQueue(store)
    const [slow, quick] = [
      streamOf(1),
      Array.from({ length: 50 }, (_, at) => streamOf(at)).find(
        (one) => shardOf(one) !== shardOf(streamOf(1)),
      ),
    ]
    if (quick === undefined) throw new Error('all streams are in one queue')
    const taken: string[] = []
    const gate = new AbortController()
    const released = once(gate.signal, 'abort')
    const take = async ({ stream, fromSeq }: StreamBatch): Promise<void> => {
      if (stream === slow) await released
      await new Promise((later) => setTimeout(later, Math.random() * 10))
      taken.push(`${stream === slow ? 'slow' : 'quick'} ${fromSeq}`)
    }
    const workers = [createRecordWorker(store, take), createRecordWorker(store, take)]
    for (let seq = 0; seq < 8; seq += 1)
      for (const stream of [slow, quick]) await queue.add(batchOf(stream, seq))
    await eventually(() => taken.length === 8)
    expect(taken).toEqual(upTo('quick'))
    gate.abort()
    await eventually(() => taken.length === 16)
    expect(taken.slice(8)).toEqual(upTo('slow'))
    await Promise.all(workers.map((worker) => worker.close()))
    await queue.close()
  }, 40_000)

  it('wait behind a batch that cannot be taken yet, and come in their order when it can', async () => {
    const queue = createRecordQueue(store)
    const taken: number[] = []
    let failures = 3
    const worker = createRecordWorker(store, async ({ fromSeq }) => {
      if (fromSeq === 0 && (failures -= 1) >= 0) throw new Error('away')
      taken.push(fromSeq)
    })
    for (let seq = 0; seq < 5; seq += 1) await queue.add(batchOf(streamOf(1), seq))
    await eventually(() => taken.length === 5, 15_000)
    expect(taken).toEqual([0, 1, 2, 3, 4])
    await worker.close()
    await queue.close()
  }, 20_000)
})

describe('a worker', () => {
  it('leaves a note with a batch that the next one finds, and knows that the batch was not ended', async () => {
    const queue = createRecordQueue(store)
    const seen: unknown[] = []
    const first = createRecordWorker(store, async (_, trouble) => {
      seen.push([trouble.unended, trouble.failed, trouble.note])
      await trouble.keepNote({ at: 7 })
      throw new Error('not yet')
    })
    await queue.add(batchOf(streamOf(1), 0))
    await eventually(() => seen.length >= 2)
    expect(seen.slice(0, 2)).toEqual([
      [0, 0, undefined],
      [0, 1, { at: 7 }],
    ])
    await first.close()
    const notes: unknown[] = []
    const second = createRecordWorker(store, async (_, { note }) => void notes.push(note))
    await eventually(() => notes.length === 1, 15_000)
    expect(notes).toEqual([{ at: 7 }])
    await second.close()
    await queue.close()
  }, 30_000)

  it('goes on over new connections when it is told to make some', async () => {
    const queue = createRecordQueue(store)
    const taken: number[] = []
    const worker = createRecordWorker(store, async ({ fromSeq }) => void taken.push(fromSeq))
    await queue.add(batchOf(streamOf(1), 0))
    await eventually(() => taken.length === 1)
    await worker.rebuild()
    await queue.add(batchOf(streamOf(1), 1))
    await eventually(() => taken.length === 2, 15_000)
    await worker.close()
    await queue.close()
  }, 30_000)
})

describe('workers of the same queues', () => {
  it('hear from each other how many batches all of them ended', async () => {
    expect(await tellEnded(link.client, 3)).toBe(3)
    expect(await tellEnded(link.client, 0)).toBe(3)
    expect(await tellEnded(link.client, 2)).toBe(5)
  })
})
