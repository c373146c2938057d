import { describe, expect, it } from '@jest/globals'
import { hashOf } from '@writ/audit'
import type { BootId, StreamId } from '@writ/contracts'
import * as fc from 'fast-check'
import type { Fault } from './failing-disk.fixture.ts'
import { FailingDisk } from './failing-disk.fixture.ts'
import { boot, put, seqsOf, stream } from './spool.fixture.ts'
import { spoolLimits } from './spool-limits.ts'
import type { Lane } from './spool.ts'
import { Spool } from './spool.ts'

const FAULTS: readonly Fault[] = ['EIO', 'ENOSPC', 'short']
const LIMITS = { ...spoolLimits(1024 * 1024, 0), segmentBytes: 300, heldBytes: 0, nowMs: () => 0 }

/** One whole life: a start, appends, a confirmation, an end. Returns which records were acknowledged. */
async function live(disk: FailingDisk): Promise<number[]> {
  const spool = await Spool.open(disk.disk, boot('A'), LIMITS, () => {})
  const acknowledged: number[] = []
  for (let seq = 0; seq < 8; seq += 2) {
    const both = await Promise.all([put(spool, seq), put(spool, seq + 1)])
    for (const [at, isDurable] of both.entries()) if (isDurable) acknowledged.push(seq + at)
    if (seq === 4) await spool.confirm(stream(), 3).catch(() => {})
  }
  await spool.close().catch(() => {})
  return acknowledged
}

const from = (first: number, seqs: readonly number[]): number[] => seqs.filter((seq) => seq >= first)

describe('a disk of which each call in turn fails', () => {
  it.each(FAULTS)('with %s takes no acknowledged record with it, and opens again', async (fault) => {
    const whole = new FailingDisk()
    expect(await live(whole)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(whole.calls).toBeGreaterThan(10)
    for (let call = 0; call < whole.calls; call += 1) {
      const disk = new FailingDisk(new Map([[call, fault]]), () => 0.5)
      const acknowledged = await live(disk).catch((): number[] => [])
      expect(disk.said).toHaveLength(1)
      disk.cutPower()
      const again = await Spool.open(disk.disk, boot('B'), LIMITS, () => {})
      await again.confirm(stream(), 3)
      // What was refused is not found after all: somebody may have written it anew.
      expect(await seqsOf(again)).toEqual(from(3, acknowledged))
      // Nothing is acknowledged after a failure: what follows it in the stream could not be taken by the ledger.
      expect(acknowledged).toEqual(acknowledged.map((_, at) => at))
      expect(await put(again, 0, stream('B'))).toBe(true)
    }
  })
})

type Step =
  | { readonly do: 'append'; readonly lane: Lane; readonly tenant: string; readonly count: number }
  | { readonly do: 'fail'; readonly fault: Fault }
  | { readonly do: 'confirm'; readonly share: number }
  | { readonly do: 'go back' }
  | { readonly do: 'archive' }
  | { readonly do: 'settle' }
  | { readonly do: 'restart'; readonly power: boolean }

const step = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({
    do: fc.constant('append' as const),
    lane: fc.constantFrom('strict' as const, 'standard' as const),
    tenant: fc.constantFrom('T', 'U'),
    count: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ do: fc.constant('fail' as const), fault: fc.constantFrom(...FAULTS) }),
  fc.record({ do: fc.constant('confirm' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.constant({ do: 'go back' as const }),
  fc.constant({ do: 'archive' as const }),
  fc.constant({ do: 'settle' as const }),
  fc.record({ do: fc.constant('restart' as const), power: fc.boolean() }),
)

/** What a node may rely on, kept beside a spool on a disk that fails. */
class Model {
  readonly #disk: FailingDisk
  #spool: Spool | null = null
  #boots = 0
  readonly #laneBoots = new Map<Lane, BootId>()
  readonly #next = new Map<StreamId, number>()
  /** acknowledged in `strict`, or in `standard` before a time at which all was synced: on the disk for good */
  readonly #owed = new Map<StreamId, Set<number>>()
  readonly #soon = new Map<StreamId, Set<number>>()
  /** what the spool said may not be there */
  readonly #refused = new Map<StreamId, Set<number>>()
  readonly #archived = new Map<StreamId, number>()
  readonly #ledger = new Map<StreamId, number>()

  constructor(disk: FailingDisk) {
    this.#disk = disk
  }

  async start(): Promise<void> {
    for (;;) {
      try {
        this.#spool = await Spool.open(this.#disk.disk, this.#newBoot('strict'), LIMITS, () => {})
        this.#laneBoots.delete('standard')
        // What it could not read stays for the next one.
        if (this.#spool.faulty.every(({ problem }) => problem === 'damaged')) return
      } catch {
        // A start fails while the disk does; whoever runs the gateway starts it again.
      }
    }
  }

  async take(given: Step): Promise<void> {
    if (given.do === 'append') await this.#append(given)
    if (given.do === 'fail') this.#disk.failNext(given.fault)
    if (given.do === 'confirm')
      await this.#confirmAll((next, before) => before + Math.floor(given.share * (next - before)))
    if (given.do === 'go back') await this.#goBack()
    if (given.do === 'archive') this.#archive()
    if (given.do === 'settle') await this.#settle()
    if (given.do === 'restart') await this.#restart(given.power)
  }

  /** Each record that is owed and the ledger has not is read, in order and unchanged. */
  async check(): Promise<void> {
    this.#disk.isPeaceful = true
    await this.#readAll()
    this.#disk.isPeaceful = false
    expect(this.#disk.said.filter((said) => said.startsWith('a second sync'))).toEqual([])
  }

  async #readAll(): Promise<void> {
    for (const [of, owed] of this.#owed) {
      const wanted = from(this.#ledger.get(of) ?? 0, [...owed])
      const frames = await this.#open.read(of, this.#ledger.get(of) ?? 0, 1000)
      expect(frames.map(({ seq }) => seq)).toEqual(expect.arrayContaining(wanted))
      expect(frames.every(({ seq, bytes }) => bytes === `record ${seq}`)).toBe(true)
    }
    // What could not be taken back was not: whoever was refused is told so, and nothing is written anew.
    if (this.#disk.said.some((said) => said.startsWith('cut'))) return
    for (const [of, refused] of this.#refused)
      expect((await this.#open.read(of, 0, 1000)).filter(({ seq }) => refused.has(seq))).toEqual([])
  }

  async end(): Promise<void> {
    await this.#confirmAll((next) => next)
    this.#disk.isPeaceful = true
    await this.#goBack()
    await this.check()
    await this.#restart(true)
    for (const of of this.#owed.keys())
      await this.#open.confirm(of, this.#ledger.get(of) ?? 0).catch(() => {})
    await this.check()
    await this.#open.close()
  }

  get #open(): Spool {
    if (!this.#spool) throw new Error('it is not open')
    return this.#spool
  }

  #newBoot(lane: Lane): BootId {
    const made = `boo_${String((this.#boots += 1)).padStart(26, '0')}` as const
    this.#laneBoots.set(lane, made)
    return made
  }

  async #append({ lane, tenant, count }: Extract<Step, { do: 'append' }>): Promise<void> {
    if (this.#open.isLaneFenced(lane)) this.#open.startOver(this.#newBoot(lane), lane)
    const of: StreamId = `nod_${'N'.repeat(26)}:${this.#laneBoots.get(lane) ?? boot('X')}:ten_${tenant.repeat(26)}`
    const first = this.#next.get(of) ?? 0
    const seqs = Array.from({ length: count }, (_, at) => first + at)
    this.#next.set(of, first + count)
    const said = await Promise.all(
      seqs.map((seq) =>
        this.#open.append({ stream: of, seq, bytes: `record ${seq}` }, hashOf(`record ${seq}`), lane),
      ),
    )
    const to = lane === 'strict' ? this.#owed : this.#soon
    const known = to.get(of) ?? new Set()
    to.set(of, known)
    const refused = this.#refused.get(of) ?? new Set()
    this.#refused.set(of, refused)
    for (const [at, isDurable] of said.entries()) (isDurable ? known : refused).add(first + at)
  }

  /** Waits until what was written in `standard` is durable, or known to be lost. */
  async #settle(): Promise<void> {
    await new Promise((done) => setTimeout(done, 45))
    const lost = this.#open.takeLost()
    for (const [of, seqs] of this.#soon) {
      const kept = [...seqs].toSorted((one, other) => one - other).slice(0, seqs.size - (lost.get(of) ?? 0))
      const owed = this.#owed.get(of) ?? new Set()
      for (const seq of kept) owed.add(seq)
      this.#owed.set(of, owed)
    }
    this.#soon.clear()
  }

  async #confirmAll(toward: (next: number, before: number) => number): Promise<void> {
    for (const { stream: of } of this.#open.heads()) {
      const before = this.#ledger.get(of) ?? 0
      const owed = this.#owed.get(of)
      const last = owed ? Math.max(-1, ...owed) + 1 : 0
      const to = Math.min(last, toward(Math.max(before, last), before))
      await this.#open.confirm(of, to).then(
        () => this.#ledger.set(of, to),
        () => this.#ledger.set(of, Math.max(before, to)),
      )
    }
  }

  /** As far as that is archived it never goes back. */
  #archive(): void {
    for (const [of, seq] of this.#ledger) {
      this.#open.archived(of, seq)
      this.#archived.set(of, Math.max(seq, this.#archived.get(of) ?? 0))
    }
  }

  async #goBack(): Promise<void> {
    for (const [of, before] of this.#ledger) {
      const to = Math.max(this.#archived.get(of) ?? 0, before - 3)
      this.#ledger.set(of, to)
      // What fails is asked for again.
      await this.#open.confirm(of, to).catch(() => this.#open.confirm(of, to))
    }
  }

  async #restart(power: boolean): Promise<void> {
    if (power) this.#soon.clear()
    else await this.#settle()
    if (power) this.#disk.cutPower()
    await this.start()
    for (const [of, seq] of this.#ledger) await this.#open.confirm(of, seq).catch(() => {})
  }
}

describe('a spool on a disk that fails as it pleases', () => {
  it('loses nothing that it acknowledged', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 14 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (steps, luck) => {
          const model = new Model(new FailingDisk(new Map(), () => luck))
          await model.start()
          for (const one of steps) {
            await model.take(one)
            await model.check()
          }
          await model.end()
        },
      ),
      { numRuns: Number(process.env['WRIT_FAULT_RUNS'] ?? 40) },
    )
  }, 60_000)
})
