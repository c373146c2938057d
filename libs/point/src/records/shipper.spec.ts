import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { hashOf, rawPublicKey, statementHolds, verifyHead } from '@writ/audit'
import { batchStatement } from '@writ/contracts'
import type { HeadsAnswer, StreamBatch, StreamHead, StreamId } from '@writ/contracts'
import { until } from '../gate.fixture.ts'
import { id, SIGNER } from '../sample.fixture.ts'
import { entryOf, givenLedger } from './durability.fixture.ts'
import { Shipper } from './shipper.ts'
import type { ShipperPorts } from './shipper.ts'
import { openSpoolDisk } from './spool-disk.ts'
import { Spool } from './spool.ts'
import { failing } from './spool.fixture.ts'
import { spoolLimits } from './spool-limits.ts'

const KEY = SIGNER.privateKey
const PUBLIC = rawPublicKey(KEY)
const STREAM: StreamId = `${id('nod')}:${id('boo')}:${id('ten')}`
const LIMITS = { ...spoolLimits(64 * 1024 * 1024), segmentBytes: 1 }

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** A ledger that takes a batch only where its stream goes on, as the real one does, and can lose what is on its way to it. */
function ledgerOf() {
  const held: string[] = []
  const heads: StreamHead[] = []
  const ledger = {
    held,
    heads,
    isAway: false,
    loses: 0,
    refuses: new Set<string>(),
    take: async (batch: StreamBatch) => {
      if (ledger.isAway) throw new Error('away')
      if (ledger.refuses.has(batch.stream)) throw new Error('refused')
      if (ledger.loses > 0) {
        ledger.loses -= 1
        return
      }
      if (batch.fromSeq <= held.length) held.push(...batch.records.slice(held.length - batch.fromSeq))
    },
    archivedSeq: 0,
    postHeads: async (
      posted: readonly StreamHead[],
      asked: readonly StreamId[] = [],
    ): Promise<HeadsAnswer> => {
      if (ledger.isAway) throw new Error('away')
      heads.push(...posted)
      const { archivedSeq } = ledger
      return {
        watermarks: [
          ...posted.map(({ stream }) => ({ stream, nextSeq: held.length })),
          ...asked.map((stream) => ({ stream, nextSeq: held.length, archivedSeq })),
        ],
      }
    },
  }
  return ledger
}

async function given(options: { hasQueue?: boolean; keptMs?: number } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'writ-shipper-'))
  folders.push(folder)
  const spool = await Spool.open(
    await openSpoolDisk(folder),
    id('boo'),
    { ...LIMITS, keptMs: options.keptMs ?? null },
    () => {},
  )
  const reports: string[] = []
  const ledger = ledgerOf()
  const clock = { nowMs: 1_800_000_000_000 }
  const queue = { isAway: false, isBraked: false, batches: [] as StreamBatch[] }
  const direct: StreamBatch[] = []
  const shipperFor = (of: Spool, clocks: Partial<ShipperPorts> = { monotonicMs: () => clock.nowMs }) =>
    new Shipper({
      spool: of,
      nodeKey: KEY,
      queue: options.hasQueue
        ? async (batch) => {
            if (queue.isAway) throw new Error('Redis is away')
            if (queue.isBraked) return 'braked'
            queue.batches.push(batch)
            await ledger.take(batch)
            return 'queued'
          }
        : null,
      direct: async (batch) => {
        await ledger.take(batch)
        direct.push(batch)
      },
      postHeads: ledger.postHeads,
      nowMs: () => clock.nowMs,
      report: (problem) => void reports.push(problem),
      ...clocks,
    })
  const put = async (from: number, to: number, size = 10) => {
    for (let seq = from; seq < to; seq += 1) {
      const bytes = `${seq} `.padEnd(size, 'x')
      await spool.append({ stream: STREAM, seq, bytes }, hashOf(bytes))
    }
  }
  return { folder, spool, ledger, clock, queue, direct, reports, put, shipper: shipperFor(spool), shipperFor }
}

const numbersOf = (records: readonly string[]): number[] =>
  records.map((bytes) => Number(bytes.split(' ')[0]))
const upTo = (end: number): number[] => Array.from({ length: end }, (_, seq) => seq)

describe('a ledger that was restored from a copy', () => {
  it('gets what it has lost again, at once and by itself', async () => {
    const { spool, ledger, put, shipper } = await given({ keptMs: 1e9 })
    await put(0, 30)
    await shipper.shipAll()
    await shipper.confirmAll()
    expect([spool.depth, spool.heads()]).toEqual([0, []])
    ledger.held.splice(12)
    await shipper.askKept()
    expect(await shipper.shipAll()).toBe(true)
    await shipper.confirmAll()
    expect([spool.depth, numbersOf(ledger.held)]).toEqual([0, upTo(30)])
  })

  it('gets it again under a stream that goes on meanwhile', async () => {
    const { spool, ledger, put, shipper } = await given({ keptMs: 1e9 })
    await put(0, 10)
    await shipper.shipAll()
    await shipper.confirmAll()
    ledger.held.splice(3)
    await put(10, 15)
    await shipper.shipAll()
    await shipper.confirmAll()
    await shipper.shipAll()
    await shipper.confirmAll()
    expect([spool.depth, numbersOf(ledger.held)]).toEqual([0, upTo(15)])
  })

  it('is told of when what it has lost is nowhere, once', async () => {
    const { spool, ledger, put, shipper, reports } = await given()
    await put(0, 5)
    await shipper.shipAll()
    await shipper.confirmAll()
    ledger.held.splice(2)
    await put(5, 6)
    await shipper.shipAll()
    await shipper.confirmAll()
    await shipper.confirmAll()
    expect(reports).toEqual(['the ledger has lost records that are not on this machine any more'])
    expect([spool.stranded, spool.depth]).toEqual([1, 1])
  })

  it('says what is archived, and that may go', async () => {
    const { spool, ledger, put, shipper } = await given({ keptMs: 0 })
    await put(0, 4)
    await shipper.shipAll()
    await shipper.confirmAll()
    await spool.tend()
    expect(spool.keptStreams()).toEqual([STREAM])
    ledger.archivedSeq = 4
    await shipper.askKept()
    await spool.tend()
    expect(spool.keptStreams()).toEqual([])
  })
})

describe('somebody who waits for the ledger', () => {
  it('hears of it as soon as the ledger has the record, before what else there is to ship', async () => {
    const { spool, put, shipper } = await given()
    const stop = new AbortController()
    const running = shipper.run(stop.signal)
    await put(0, 400)
    const beganMs = performance.now()
    expect(await spool.awaited.wait(STREAM, 399, 5000)).toBe(true)
    expect(performance.now() - beganMs).toBeLessThan(2000)
    stop.abort()
    await running
  })

  it('hears no after its time, and nothing waits any more', async () => {
    const { spool, ledger, put, shipper } = await given()
    ledger.isAway = true
    await put(0, 1)
    expect(await spool.awaited.wait(STREAM, 0, 20)).toBe(false)
    expect(spool.awaited.streams()).toEqual([])
    ledger.isAway = false
    await shipper.shipAll()
    await shipper.confirmAll()
    expect(spool.depth).toBe(0)
  })
})

describe('a queue that has enough', () => {
  it('is left alone for a moment, and nothing goes round it', async () => {
    const { spool, clock, queue, direct, put, shipper } = await given({ hasQueue: true })
    await put(0, 3)
    queue.isBraked = true
    for (let time = 0; time < 20; time += 1) {
      await shipper.shipAll()
      clock.nowMs += 1000
    }
    expect([queue.batches.length, direct.length, spool.depth]).toEqual([0, 0, 3])
    await shipper.shipAll()
    expect(shipper.way).toBe('braked')
    queue.isBraked = false
    clock.nowMs += 1000
    await shipper.shipAll()
    expect([queue.batches.length, shipper.way]).toEqual([1, 'queue'])
  })
})

describe('records on their way to the ledger', () => {
  it('travel in signed batches within their limits, and leave the spool once the ledger holds them', async () => {
    const { spool, ledger, direct, put, shipper } = await given()
    await put(0, 450)
    expect(await shipper.shipAll()).toBe(true)
    expect(await shipper.shipAll()).toBe(false)
    expect(direct.map(({ records }) => records.length)).toEqual([200, 200, 50])
    for (const batch of direct)
      expect(
        statementHolds(batchStatement({ ...batch, count: batch.records.length }), batch.signature, PUBLIC),
      ).toBe(true)
    expect(spool.depth).toBe(450)
    await shipper.confirmAll()
    expect(spool.depth).toBe(0)
    expect(numbersOf(ledger.held)).toEqual(upTo(450))
    expect(ledger.heads.map((head) => verifyHead(head, PUBLIC))).toEqual([null])
    expect(ledger.heads[0]).toMatchObject({ nextSeq: 450 })
  })

  it('travel in smaller batches when they are large', async () => {
    const { direct, put, shipper } = await given()
    await put(0, 10, 60_000)
    await shipper.shipAll()
    for (const { records } of direct)
      expect(Buffer.byteLength(records.join(''))).toBeLessThanOrEqual(448 * 1024)
    expect(direct.flatMap(({ records }) => numbersOf(records))).toEqual(upTo(10))
  })

  it('stay while the ledger is away, and arrive when it is back', async () => {
    const { spool, ledger, clock, put, shipper } = await given()
    await put(0, 5)
    ledger.isAway = true
    await expect(shipper.shipAll()).rejects.toThrow('away')
    expect(spool.depth).toBe(5)
    ledger.isAway = false
    expect(await shipper.shipAll()).toBe(false)
    clock.nowMs += 1000
    await shipper.shipAll()
    await shipper.confirmAll()
    expect([spool.depth, numbersOf(ledger.held)]).toEqual([0, upTo(5)])
  })

  it('are sent again from the watermark after five seconds without progress', async () => {
    const { spool, ledger, clock, put, shipper } = await given()
    await put(0, 300)
    ledger.loses = 1
    await shipper.shipAll()
    await shipper.confirmAll()
    expect([spool.depth, ledger.held.length]).toEqual([300, 0])
    expect(await shipper.shipAll()).toBe(false)
    clock.nowMs += 5000
    await shipper.confirmAll()
    expect(await shipper.shipAll()).toBe(true)
    await shipper.confirmAll()
    expect([spool.depth, numbersOf(ledger.held)]).toEqual([0, upTo(300)])
  })

  it('go round a queue that has failed for five seconds, and back to it when it answers', async () => {
    const { ledger, clock, queue, direct, put, shipper } = await given({ hasQueue: true })
    await put(0, 1)
    await shipper.shipAll()
    expect([queue.batches.length, direct.length]).toEqual([1, 0])
    queue.isAway = true
    await put(1, 2)
    await expect(shipper.shipAll()).rejects.toThrow('Redis is away')
    clock.nowMs += 5000
    await expect(shipper.shipAll()).rejects.toThrow('Redis is away')
    clock.nowMs += 1000
    expect(await shipper.shipAll()).toBe(true)
    expect(direct).toHaveLength(1)
    queue.isAway = false
    clock.nowMs += 5000
    await put(2, 3)
    await shipper.shipAll()
    expect([queue.batches.length, direct.length]).toEqual([2, 1])
    expect(numbersOf(ledger.held)).toEqual(upTo(3))
  })

  it('of an earlier boot go on from where the ledger is', async () => {
    const { folder, spool, ledger, put, shipper, shipperFor } = await given()
    await put(0, 20)
    await shipper.shipAll()
    await put(20, 30)
    await spool.close()
    const again = await Spool.open(await openSpoolDisk(folder), id('boo', '1'), LIMITS, () => {})
    const next = shipperFor(again)
    await next.confirmAll()
    expect(again.depth).toBe(10)
    await next.shipAll()
    await next.confirmAll()
    expect([again.depth, numbersOf(ledger.held)]).toEqual([0, upTo(30)])
  })

  it('of one stream that is not taken do not hold up those of another', async () => {
    const { spool, ledger, direct, put, shipper } = await given()
    for (const mark of ['1', '2', '3']) {
      const refused: StreamId = `${id('nod')}:${id('boo')}:${id('ten', mark)}`
      await spool.append({ stream: refused, seq: 0, bytes: 'refused' }, hashOf('refused'))
      ledger.refuses.add(refused)
    }
    await put(0, 3)
    await expect(shipper.shipAll()).rejects.toThrow('refused')
    expect(await shipper.shipAll()).toBe(true)
    expect(direct.map(({ stream }) => stream)).toEqual([STREAM])
    expect(numbersOf(ledger.held)).toEqual(upTo(3))
  })

  it('flow by themselves until told to stop, and once more then', async () => {
    const { spool, ledger, put, shipper } = await given()
    const stop = new AbortController()
    const running = shipper.run(stop.signal)
    await put(0, 3)
    stop.abort()
    await running
    expect([spool.depth, ledger.held.length]).toEqual([0, 3])
  })
})

describe('a clock that is set back by an hour', () => {
  it('holds up neither what is to be shipped nor who waits for the ledger', async () => {
    const { spool, ledger, put, shipperFor } = await given()
    let setBackMs = 0
    const shipper = shipperFor(spool, { nowMs: () => Date.now() - setBackMs })
    const stop = new AbortController()
    const running = shipper.run(stop.signal)
    const isAwaited = async (seq: number) => spool.awaited.wait(STREAM, seq, 2000)
    await put(0, 3)
    expect(await isAwaited(2)).toBe(true)
    setBackMs = 3_600_000
    await put(3, 5)
    const isThere = await isAwaited(4)
    await put(5, 7)
    const endMs = performance.now() + 2000
    await until(() => spool.depth === 0 || performance.now() > endMs)
    const held = ledger.held.length
    stop.abort()
    await running
    expect([isThere, held]).toEqual([true, 7])
  })

  it('does not keep a lane at rest after its disk has failed', async () => {
    let isBroken = false
    const wrap = failing((file) => ({
      ...file,
      write: async (bytes) => (isBroken ? Promise.reject(new Error('EIO')) : file.write(bytes)),
    }))
    const { ledger, time } = await givenLedger({}, wrap)
    isBroken = true
    expect((await ledger.open(entryOf('strict')))?.code).toBe('record_unavailable')
    isBroken = false
    expect((await ledger.open(entryOf('strict')))?.code).toBe('record_unavailable')
    time.nowMs -= 3_600_000
    expect(await ledger.open(entryOf('strict'))).toBeNull()
  })
})
