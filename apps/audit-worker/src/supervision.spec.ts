import { describe, expect, it } from '@jest/globals'
import type { StreamBatch } from '@writ/contracts'
import type { QueueSample } from '@writ/redis'
import { createLog, createMetrics } from '@writ/runtime'
import { Supervision } from './supervision.ts'
import { Telling } from './telling.ts'

const BATCH: StreamBatch = {
  stream: `nod_${'1'.repeat(26)}:boo_${'2'.repeat(26)}:ten_${'3'.repeat(26)}`,
  tenant: `ten_${'3'.repeat(26)}`,
  node: `nod_${'1'.repeat(26)}`,
  fromSeq: 0,
  records: ['{}'],
  headHash: 'a'.repeat(64),
  signature: 'aaaa',
}

function given() {
  const state = {
    sample: { depth: 0, memoryShare: 0.1 } as QueueSample,
    isReachable: true,
    nowMs: 0,
    endedByAll: 0,
    areOthersHeard: true,
  }
  const done: string[] = []
  const metrics = createMetrics()
  const log = createLog('spec', 'silent', { write: () => {} })
  const telling = new Telling(log, metrics, () => state.nowMs)
  const supervision = new Supervision({
    samples: [async () => state.sample, () => Promise.reject(new Error('away'))],
    redis: null,
    tellEnded: async (batches) => {
      if (!state.areOthersHeard) throw new Error('away')
      return (state.endedByAll += batches)
    },
    limits: { depth: 100, memoryShare: 0.65 },
    telling,
    isLedgerReachable: async () => state.isReachable,
    rebuild: async () => void done.push('rebuilt'),
    giveUp: () => void done.push('gave up'),
    nowMs: () => state.nowMs,
  })
  const after = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      state.nowMs += 1000
      await supervision.look()
    }
  }
  const move = (): void => telling.taken(BATCH, { outcome: 'gap', nextSeq: 0 })
  return { state, done, metrics, supervision, after, move }
}

describe('a worker whose batches wait', () => {
  it('makes new connections after 30 s without progress, and ends itself after 30 s more', async () => {
    const { state, done, supervision, after } = given()
    state.sample = { depth: 3, memoryShare: null }
    await after(29)
    expect([done, supervision.isMoving]).toEqual([[], true])
    await after(2)
    expect([done, supervision.isMoving]).toEqual([['rebuilt'], false])
    await after(31)
    expect(done).toEqual(['rebuilt', 'gave up'])
  })

  it('is left alone while anything comes to an end, or nothing waits', async () => {
    const { state, done, after, move } = given()
    state.sample = { depth: 3, memoryShare: null }
    for (let round = 0; round < 5; round += 1) {
      await after(25)
      move()
    }
    state.sample = { depth: 0, memoryShare: null }
    await after(100)
    expect(done).toEqual([])
  })

  it('is left alone while another worker ends them: one that is at a queue goes on there, and gets every batch of it', async () => {
    const { state, done, supervision, after } = given()
    state.sample = { depth: 3, memoryShare: null }
    for (let round = 0; round < 5; round += 1) {
      await after(25)
      state.endedByAll += 1
    }
    expect([done, supervision.isMoving]).toEqual([[], true])
    state.areOthersHeard = false
    await after(31)
    expect(done).toEqual(['rebuilt'])
  })

  it('tells the others of each batch that it ended, once', async () => {
    const { state, after, move } = given()
    move()
    move()
    await after(3)
    expect(state.endedByAll).toBe(2)
    state.areOthersHeard = false
    move()
    await after(3)
    state.areOthersHeard = true
    await after(3)
    expect(state.endedByAll).toBe(3)
  })

  it('counts again from the start once new connections have helped', async () => {
    const { state, done, supervision, after, move } = given()
    state.sample = { depth: 3, memoryShare: null }
    await after(31)
    move()
    await after(1)
    expect(supervision.isMoving).toBe(true)
    await after(31)
    expect(done).toEqual(['rebuilt', 'rebuilt'])
  })

  it('waits with them for a ledger that is away', async () => {
    const { state, done, after } = given()
    state.sample = { depth: 3, memoryShare: null }
    state.isReachable = false
    await after(300)
    expect(done).toEqual([])
  })
})

describe('the brake', () => {
  it('goes on at its limit, off some way below it, and shows', async () => {
    const { state, metrics, after } = given()
    const braked = async (depth: number, memoryShare: number): Promise<boolean> => {
      state.sample = { depth, memoryShare }
      await after(1)
      return /^writ_worker_braked 1$/m.test(await metrics.exposition())
    }
    expect([
      await braked(99, 0.1),
      await braked(100, 0.1),
      await braked(90, 0.1),
      await braked(79, 0.1),
      await braked(1, 0.66),
      await braked(1, 0.6),
      await braked(1, 0.5),
    ]).toEqual([false, true, true, false, true, true, false])
  })
})
