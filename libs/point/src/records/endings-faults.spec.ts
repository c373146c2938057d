import { describe, expect, it } from '@jest/globals'
import { isFault, readRecord } from '@writ/audit'
import type { AuditRecord } from '@writ/contracts'
import * as fc from 'fast-check'
import { id, receivedOf } from '../sample.fixture.ts'
import { entryOf } from './durability.fixture.ts'
import type { Fault } from './failing-disk.fixture.ts'
import { FailingDisk } from './failing-disk.fixture.ts'
import { createLedger } from './ledger.ts'
import type { PointLedger } from './ledger.ts'
import { boot } from './spool.fixture.ts'
import type { SpoolDisk } from './spool-disk.ts'
import { spoolLimits } from './spool-limits.ts'
import type { Lane } from './spool.ts'
import { Spool } from './spool.ts'

const LIMITS = { ...spoolLimits(64 * 1024 * 1024, 0), segmentBytes: 20_000 }

type Step =
  | { readonly do: 'begin'; readonly lane: Lane; readonly count: number }
  | { readonly do: 'end' }
  | { readonly do: 'fail'; readonly what: string; readonly fault: Fault }
  | { readonly do: 'cross'; readonly sync: Fault; readonly write: Fault | null }
  | { readonly do: 'wait'; readonly ms: number }

const FAULTS: readonly Fault[] = ['EIO', 'ENOSPC', 'short']
const anyFault = fc.constantFrom(...FAULTS)
const step = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({
    do: fc.constant('begin' as const),
    lane: fc.constantFrom('strict' as const, 'standard' as const),
    count: fc.integer({ min: 1, max: 4 }),
  }),
  fc.constant({ do: 'end' as const }),
  fc.record({
    do: fc.constant('fail' as const),
    what: fc.constantFrom('write', 'sync', 'create', 'cut', 'close'),
    fault: anyFault,
  }),
  fc.record({ do: fc.constant('cross' as const), sync: anyFault, write: fc.constantFrom(...FAULTS, null) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40 }) }),
)

/** Each call to the disk has its effect, and returns some time later: so they cross one another. */
function slowly(disk: SpoolDisk, delayMs: () => number): SpoolDisk {
  const slow = async <T>(call: Promise<T>): Promise<T> => {
    await Promise.allSettled([call])
    await new Promise((later) => setTimeout(later, delayMs()))
    return call
  }
  return {
    ...disk,
    create: async (name, durability) => {
      const file = await slow(disk.create(name, durability))
      return {
        write: (bytes) => slow(file.write(bytes)),
        sync: () => slow(file.sync()),
        cut: (endBytes) => slow(file.cut(endBytes)),
        close: () => slow(file.close()),
      }
    },
  }
}

type Call = { readonly lane: Lane; readonly entry: ReturnType<typeof entryOf> }

/** Calls under way on a disk that fails, and whose ends were acknowledged. */
class Calls {
  readonly #disk: FailingDisk
  readonly #ledger: PointLedger
  readonly #begun: Call[] = []
  readonly #settling: Promise<void>[] = []
  readonly #ended = new Map<Lane, Set<string>>([
    ['strict', new Set()],
    ['standard', new Set()],
  ])
  #count = 0

  constructor(disk: FailingDisk, ledger: PointLedger) {
    this.#disk = disk
    this.#ledger = ledger
  }

  async take(given: Step): Promise<void> {
    if (given.do === 'fail') this.#disk.failNextOf(given.what, given.fault)
    if (given.do === 'cross') await this.#cross(given)
    if (given.do === 'wait') await new Promise((later) => setTimeout(later, given.ms))
    if (given.do === 'begin') for (let at = 0; at < given.count; at += 1) this.#later(this.#begin(given.lane))
    if (given.do === 'end') for (const call of this.#begun.splice(0)) this.#later(this.#end(call))
  }

  /** Heard of at the end, whatever comes of it. */
  #later(settling: Promise<void>): void {
    settling.catch(() => {})
    this.#settling.push(settling)
  }

  /** The ends of calls are written while a sync of what began them is on its way, and fails. */
  async #cross({ sync, write }: Extract<Step, { do: 'cross' }>): Promise<void> {
    await Promise.all([0, 1, 2].map(() => this.#begin('standard')))
    this.#disk.failNextOf('sync', sync)
    await new Promise((later) => setTimeout(later, 32))
    if (write !== null) this.#disk.failNextOf('write', write)
    await this.take({ do: 'end' })
  }

  async over(): Promise<void> {
    await Promise.all(this.#settling)
    await new Promise((later) => setTimeout(later, 60))
    for (const power of [true, false]) await this.#check(power)
  }

  async #begin(lane: Lane): Promise<void> {
    const decisionId = `dec_${String((this.#count += 1)).padStart(26, '0')}` as const
    const entry = entryOf(lane, { received: receivedOf({ decisionId }) })
    if ((await this.#ledger.open(entry)) === null) this.#begun.push({ lane, entry })
  }

  async #end({ lane, entry }: Call): Promise<void> {
    // One of a tenant in `standard` may be left out, and is counted: then it has no place.
    if ((await this.#ledger.close(entry)) !== null || entry.place === undefined) return
    this.#ended.get(lane)?.add(entry.received.decisionId)
    for (const power of [true, false]) await this.#check(power)
  }

  /** What a start finds if all stops now: each end that was acknowledged, and none twice. */
  async #check(power: boolean): Promise<void> {
    const { strict, standard } = { strict: [...this.#of('strict')], standard: [...this.#of('standard')] }
    const found = await endsOn(this.#disk.stopped(power))
    expect(found).toEqual([...new Set(found)])
    expect(found).toEqual(expect.arrayContaining(power ? strict : [...strict, ...standard]))
  }

  #of(lane: Lane): ReadonlySet<string> {
    return this.#ended.get(lane) ?? new Set()
  }
}

async function endsOn(stopped: FailingDisk): Promise<string[]> {
  const spool = await Spool.open(stopped.disk, boot('Z'), LIMITS, () => {})
  const records: AuditRecord[] = []
  for (const { stream } of spool.heads())
    for (const { bytes } of await spool.read(stream, 0, 10_000)) {
      const record = readRecord(bytes)
      if (!isFault(record)) records.push(record)
    }
  // No number is missing, and none is there twice.
  expect(spool.depth).toBe(records.length)
  return records.filter(({ kind }) => kind === 'closed').map(({ decisionId }) => decisionId)
}

describe('calls under way on a slow disk that fails as it pleases', () => {
  it('have their ends found once, whenever everything stops', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 4, maxLength: 20 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 5, maxLength: 5 }),
        async (steps, luck, delays) => {
          const disk = new FailingDisk(new Map(), () => luck)
          let calls = 0
          const slow = slowly(disk.disk, () => delays[(calls += 1) % delays.length] ?? 0)
          const spool = await Spool.open(slow, boot('A'), LIMITS, () => {})
          let boots = 0
          let nowMs = 0
          const clock = { nowMs: () => (nowMs += 50), monotonicMicros: () => 0 }
          const newBoot = () => `boo_${String((boots += 1)).padStart(26, '0')}` as const
          const ports = { spool, node: () => id('nod'), newBoot, clock, build: 'test', report: () => {} }
          const under = new Calls(disk, createLedger(ports, boot('A')))
          for (const one of steps) await under.take(one)
          await under.over()
          await spool.close().catch(() => {})
        },
      ),
      { numRuns: Number(process.env['WRIT_FAULT_RUNS'] ?? 25), interruptAfterTimeLimit: 50_000 },
    )
  }, 60_000)
})
