import type { AuditRecord, BootId, StreamId, TenantId } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { AnyEntry, CurrentBundle, Ledger } from '@writ/enforcement'
import { recordOf } from './entry-record.ts'
import { Excerpts } from './excerpts.ts'
import { Gaps } from './gap.ts'
import type { Lane, Room } from './spool.ts'
import { StreamLog } from './stream-log.ts'
import type { Placed, StreamLogPorts, Writing } from './stream-log.ts'
import type { SpoolHead } from './unconfirmed-records.ts'

/** How long an answer of a tenant in `strict-remote` waits for the ledger. */
const REMOTE_MS = 5000

export type LedgerPorts = StreamLogPorts & {
  readonly remoteMs?: number
  /** whether the clock of this machine may be wrong; it is right unless told */
  readonly isClockSuspect?: () => boolean
}

/** What a point's ledger does besides what enforcement asks of it. */
export type PointLedger = Ledger & {
  /** records that were left out, of tenants in `standard` */
  readonly shed: () => number
  /** looks after the spool and tells what was left out; to be called every second */
  readonly tend: () => Promise<void>
  /** this bundle decides from here on; saying it again of the same one says nothing. Whatever is recorded by a bundle says so first */
  readonly applied: (current: CurrentBundle) => void
  /** streams in which something was begun and has not ended, and how far they are recorded: that they are told of shows that this point lives */
  readonly underWay: () => readonly SpoolHead[]
  /** says in every stream that it ends here, and is done when that can be shipped; nothing is recorded any more */
  readonly end: () => Promise<void>
}

/**
 * Seals records into one stream per tenant and boot. What settles is recorded as its tenant's `durability` says: durable on this machine
 * (`strict`), in the ledger (`strict-remote`), or written and soon durable (`standard`).
 */
export function createLedger(ports: LedgerPorts, firstBoot: BootId): PointLedger {
  const log = new StreamLog(ports, firstBoot)
  const gaps = new Gaps({ ...ports, log })
  const book = new Book(ports, log, gaps)
  return {
    open: async (entry) => {
      const unrecorded = await book.write(entry, 'opened', 'ordinary')
      if (unrecorded === null) entry.opened = true
      return unrecorded
    },
    close: (entry) => {
      if (entry.closed) return NOTHING_TO_CLOSE
      entry.closed = true
      // The reserve is for what was begun: a flood of refusals must not take the room of a closing record.
      return book.write(entry, 'closed', entry.opened ? 'reserve' : 'ordinary')
    },
    shed: () => gaps.shed,
    tend: async () => {
      await ports.spool.tend()
      await gaps.settle()
    },
    applied: (current) => book.applied(current),
    underWay: () => book.underWay(),
    end: async () => {
      // What is lost is known then, and what is said last can still be shipped.
      await ports.spool.flush()
      await gaps.close()
      await log.end()
      await ports.spool.flush()
    },
  }
}

const NOTHING_TO_CLOSE = Promise.resolve(null)

/** How far a stream is recorded, and how much of what was begun in it has not ended. */
type Kin = { readonly stream: StreamId; nextSeq: number; headHash: string; begun: number }

class Book {
  readonly #ports: LedgerPorts
  readonly #log: StreamLog
  readonly #gaps: Gaps
  readonly #excerpts = new Excerpts()
  readonly #streams = new Map<string, Kin>()
  readonly #appliedTo = new Map<TenantId, CurrentBundle>()

  constructor(ports: LedgerPorts, log: StreamLog, gaps: Gaps) {
    this.#ports = ports
    this.#log = log
    this.#gaps = gaps
  }

  async write(entry: AnyEntry, kind: AuditRecord['kind'], room: Room): Promise<Refusal | null> {
    // Where no tenant is known there is no stream: nothing happened on anybody's behalf.
    if (!entry.current || isOneOfMany(entry)) return null
    const { id: tenant, durability } = entry.current.bundle.tenant
    const lane = laneOf(entry.current)
    this.applied(entry.current)
    // What was recorded when it began is recorded when it ends.
    if (lane === 'standard' && !entry.place && (await this.#gaps.leavesOut(tenant))) return null
    const place = await this.#log.append({ tenant, lane, room }, (writing) =>
      this.#recordOf(entry, kind, writing),
    )
    if (kind === 'closed') this.#ended(entry.place)
    if (place === null) return unrecorded()
    if (durability === 'strict-remote' && !(await this.#isThere(entry, place))) return unrecorded()
    this.#keepCount(kind, place)
    entry.place = place
    return null
  }

  applied(current: CurrentBundle): void {
    const { tenant, version } = current.bundle
    const before = this.#appliedTo.get(tenant.id)
    // A call that was begun under the bundle before may end under it.
    if (before && before.bundle.version >= version) return
    this.#appliedTo.set(tenant.id, current)
    const bundle = { version, sha256: current.sha256 }
    const to = { tenant: tenant.id, lane: laneOf(current), room: 'ordinary' } as const
    // Its place is taken now, before anything is decided by it. What cannot be recorded is refused; that it would be by this bundle is no matter then.
    void this.#log.applied(to, bundle, before?.bundle.version ?? null)
  }

  underWay(): SpoolHead[] {
    return [...this.#streams.values()].filter(({ begun }) => begun > 0)
  }

  /**
   * After a fence what was begun in one stream ends in another. Nobody comes again to tell of an end that could not be recorded: as long as
   * this point said that the call is under way the platform would not tell of it either.
   */
  #ended(begunAt: AnyEntry['place']): void {
    const before = begunAt && this.#streams.get(begunAt.stream)
    if (before) before.begun -= 1
  }

  #keepCount(kind: AuditRecord['kind'], { stream, seq, sha256 }: Placed): void {
    const kin = this.#streams.get(stream) ?? { stream, nextSeq: 0, headHash: '', begun: 0 }
    if (kind === 'opened') kin.begun += 1
    // Records of calls at the same time may be durable in another order than they are heard of.
    if (seq >= kin.nextSeq) {
      kin.nextSeq = seq + 1
      kin.headHash = sha256
    }
    this.#streams.set(stream, kin)
  }

  #recordOf(entry: AnyEntry, kind: AuditRecord['kind'], writing: Writing): AuditRecord {
    const { position, at, gateway } = writing
    const micros = this.#ports.clock.monotonicMicros() - entry.startedAtMicros
    const durationMicros = Math.max(0, Math.round(micros))
    return recordOf(
      entry,
      // Each member by its name: a spread with more members behind it makes V8 look up each of them anew for every record.
      { position, at, gateway, kind, durationMicros },
      { excerpts: this.#excerpts, isClockSuspect: this.#ports.isClockSuspect?.() ?? false },
    )
  }

  /** Whether the ledger has a record. What was refused because it is away need not wait for it once more. */
  #isThere({ refusal }: AnyEntry, place: Placed): Promise<boolean> | true {
    if (refusal?.code === 'record_unavailable') return true
    return this.#ports.spool.awaited.wait(place.stream, place.seq, this.#ports.remoteMs ?? REMOTE_MS)
  }
}

/** A flood of what a limit refuses must not fill the records: its first is recorded, the others are counted and logged. */
const isOneOfMany = ({ limit }: AnyEntry): boolean => limit?.isFirst === false

const laneOf = ({ bundle: { tenant } }: CurrentBundle): Lane =>
  tenant.durability === 'standard' ? 'standard' : 'strict'

const unrecorded = (): Refusal => new Refusal('record_unavailable')
