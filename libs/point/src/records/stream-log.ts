import type { SealedRecord, StreamPosition } from '@writ/audit'
import { extendStream, sealWhole, startOfStream } from '@writ/audit'
import type { AuditRecord, BootId, Channel, NodeId, StreamId, TenantId } from '@writ/contracts'
import { streamIdOf } from '@writ/contracts'
import type { Clock } from '@writ/enforcement'
import { decisionIdOf, ownRecord } from './own-record.ts'
import type { OwnRecord, Writing } from './own-record.ts'
import type { Lane, Room, Spool } from './spool.ts'

export type { Writing } from './own-record.ts'

/** How long a fenced lane of the spool stays closed before it is tried again with new files. */
const FENCE_MS = 1000

export type StreamLogPorts = {
  readonly spool: Spool
  /** null until this point has joined: without a name there is no record, and so no effect */
  readonly node: () => NodeId | null
  readonly newBoot: () => BootId
  readonly clock: Clock
  readonly build: string
  /** of what this point sees; `gateway` unless told */
  readonly channel?: Channel
  /** hears of a record that could not be sealed; the call is then refused */
  readonly report: (problem: string, error: unknown) => void
}

export type Placed = { readonly stream: StreamId; readonly seq: number; readonly sha256: string }

export type Appending = { readonly tenant: TenantId; readonly lane: Lane; readonly room: Room }

/** Room that was made may be taken by others before it is used: what is kept goes first, then the reserve, and the rest is a race. */
const TRIES: Readonly<Record<Room, number>> = { ordinary: 0, reserve: 3 }

/** What a point says of itself, and as whom. */
type Own = Pick<OwnRecord, 'kind' | 'bundle' | 'applied'>
type DecidedBy = NonNullable<OwnRecord['bundle']>
type Saying = { readonly own: Own; readonly node: NodeId }

type Put = { readonly placed: Placed; readonly isWritten: Promise<boolean> }

type LaneState = {
  readonly positions: Map<TenantId, StreamPosition>
  /** tenants whose stream had no room to say by which bundle it goes on, and the version that it said last */
  readonly unsaid: Map<TenantId, number | null>
  boot: BootId | null
  fencedAtMs: number | null
  strandings: number
}

/** The streams of this start: one per tenant and lane. A stream is in one lane for ever, so its records are durable in their order. */
export class StreamLog {
  readonly #ports: StreamLogPorts
  readonly #lanes: Readonly<Record<Lane, LaneState>>
  /** by which bundle each tenant's calls are decided, for streams that begin later */
  readonly #decidedBy = new Map<TenantId, DecidedBy>()
  #isOver = false
  #timeMs = Number.NaN
  #time = ''

  constructor(ports: StreamLogPorts, firstBoot: BootId) {
    this.#ports = ports
    this.#lanes = { strict: laneOf(firstBoot), standard: laneOf(null) }
  }

  /** @returns where the record stands, once it does as its lane promises; null: it is not recorded */
  async append(to: Appending, make: (writing: Writing) => AuditRecord): Promise<Placed | null> {
    const { spool } = this.#ports
    for (let triesLeft = TRIES[to.room]; ; triesLeft -= 1) {
      const put = this.#append(to, make)
      if (put && (await put.isWritten)) return put.placed
      const isOver = put ? spool.mayHoldRefused(put.placed.stream) : !spool.isLaneFenced(to.lane)
      if (triesLeft === 0 || isOver) return null
      // The end of what was begun is written anew where a disk did not take it, or gave it back, and has room again.
      await spool.roomMade()
      if (this.#writableBoot(to.lane) === null) return null
    }
  }

  #append({ tenant, lane, room }: Appending, make: (writing: Writing) => AuditRecord): Put | null {
    const { spool, node: nameOf } = this.#ports
    const node = nameOf()
    if (this.#isOver || node === null || !spool.hasRoom(room)) return null
    const boot = this.#writableBoot(lane)
    if (boot === null) return null
    const to = { tenant, lane, room }
    const before = this.#lanes[lane].positions.get(tenant)
    const position = before
      ? this.#caughtUp(to, before, node)
      : this.#begin(to, streamIdOf(node, boot, tenant), node)
    return position && this.#put(to, position, this.#sealed(make, position, node))
  }

  /** By which bundle it is decided from here on, in this stream and in those that follow it. */
  async applied(to: Appending, bundle: DecidedBy, replaced: number | null): Promise<void> {
    const { unsaid } = this.#lanes[to.lane]
    const saidLast = unsaid.has(to.tenant) ? (unsaid.get(to.tenant) ?? null) : replaced
    unsaid.delete(to.tenant)
    // Were this to begin a stream, it would say so twice.
    this.#decidedBy.delete(to.tenant)
    const own = { kind: 'applied', bundle, applied: { replaced: saidLast } } as const
    const put = this.#append(to, this.#ownOf(to.tenant, own))
    this.#decidedBy.set(to.tenant, bundle)
    if (put === null) unsaid.set(to.tenant, saidLast)
    await put?.isWritten
  }

  #say(to: Appending, own: Own): Promise<Placed | null> {
    return this.append(to, this.#ownOf(to.tenant, own))
  }

  /** Says in every stream that it ends here, in order; nothing is recorded any more. */
  async end(): Promise<void> {
    const said = LANES.flatMap((lane) =>
      [...this.#lanes[lane].positions.keys()].map((tenant) =>
        this.#say({ tenant, lane, room: 'reserve' }, { kind: 'stream_closed' }),
      ),
    )
    this.#isOver = true
    await Promise.all(said)
  }

  // Durable when the record behind it is: a lane keeps their order, and a failure takes both.
  #begin(to: Appending, stream: StreamId, node: NodeId): StreamPosition | null {
    this.#lanes[to.lane].unsaid.delete(to.tenant)
    const opened = this.#next(to, startOfStream(stream), { own: { kind: 'stream_opened' }, node })
    const bundle = this.#decidedBy.get(to.tenant)
    if (opened === null || bundle === undefined) return opened
    return this.#next(to, opened, { own: { kind: 'applied', bundle, applied: { replaced: null } }, node })
  }

  /** What a full spool did not take is said before anything that was decided by it: that needs the same room. */
  #caughtUp(to: Appending, position: StreamPosition, node: NodeId): StreamPosition | null {
    const { unsaid } = this.#lanes[to.lane]
    const replaced = unsaid.get(to.tenant)
    const bundle = this.#decidedBy.get(to.tenant)
    if (replaced === undefined || bundle === undefined || !this.#ports.spool.hasRoom('ordinary'))
      return position
    unsaid.delete(to.tenant)
    return this.#next(to, position, { own: { kind: 'applied', bundle, applied: { replaced } }, node })
  }

  #next(to: Appending, position: StreamPosition, { own, node }: Saying): StreamPosition | null {
    const sealed = this.#sealed(this.#ownOf(to.tenant, own), position, node)
    return this.#put(to, position, sealed) && (this.#lanes[to.lane].positions.get(to.tenant) ?? null)
  }

  #ownOf(tenant: TenantId, own: Own) {
    const { channel = 'gateway', newBoot } = this.#ports
    const decisionId = decisionIdOf(newBoot())
    return (writing: Writing): AuditRecord => ownRecord({ ...own, decisionId, tenant, channel }, writing)
  }

  #put({ tenant, lane }: Appending, position: StreamPosition, sealed: SealedRecord | null): Put | null {
    if (sealed === null) return null
    const { bytes, sha256 } = sealed
    const { stream, seq } = position
    this.#lanes[lane].positions.set(tenant, extendStream(position, sha256))
    const isWritten = this.#ports.spool.append({ stream, seq, bytes }, sha256, lane)
    return { placed: { stream, seq, sha256 }, isWritten }
  }

  #sealed(
    make: (writing: Writing) => AuditRecord,
    position: StreamPosition,
    node: NodeId,
  ): SealedRecord | null {
    const { clock, build, report } = this.#ports
    try {
      return sealWhole(make({ position, at: this.#timeOf(clock.nowMs()), gateway: { node, build } }))
    } catch (error) {
      report('a record could not be sealed', error)
      return null
    }
  }

  /** Written out once for all records of a millisecond. */
  #timeOf(nowMs: number): string {
    if (nowMs !== this.#timeMs) {
      this.#timeMs = nowMs
      this.#time = new Date(nowMs).toISOString()
    }
    return this.#time
  }

  /**
   * After a fence the streams of that boot may miss their last records: they end there, and a new boot begins. So they do when the ledger
   * has lost records that are nowhere any more.
   */
  #writableBoot(lane: Lane): BootId | null {
    const { spool } = this.#ports
    const state = this.#lanes[lane]
    if (spool.strandings > state.strandings) return this.#startOver(lane)
    if (!spool.isLaneFenced(lane)) return state.boot
    return this.#isResting(state, lane) ? null : this.#startOver(lane)
  }

  /** A lane that has not begun need not rest; a disk that was full, and has room again, is tried at once. */
  #isResting(state: LaneState, lane: Lane): boolean {
    if (state.boot === null || this.#ports.spool.hasMadeRoom(lane)) return false
    const nowMs = this.#ports.clock.nowMs()
    state.fencedAtMs ??= nowMs
    // A clock that was set back must not make it rest for as long.
    return Math.abs(nowMs - state.fencedAtMs) < FENCE_MS
  }

  #startOver(lane: Lane): BootId {
    const { spool, newBoot } = this.#ports
    const boot = newBoot()
    const state = this.#lanes[lane]
    state.boot = boot
    state.fencedAtMs = null
    state.strandings = spool.strandings
    state.positions.clear()
    state.unsaid.clear()
    spool.startOver(boot, lane)
    return boot
  }
}

const LANES: readonly Lane[] = ['strict', 'standard']

const laneOf = (boot: BootId | null): LaneState => ({
  positions: new Map(),
  unsaid: new Map(),
  boot,
  fencedAtMs: null,
  strandings: 0,
})
