import { hash } from 'node:crypto'
import type { SealedRecord, StreamPosition } from '@writ/audit'
import { extendStream, sealWhole, startOfStream } from '@writ/audit'
import type { ApprovalId, AuditRecord, BootId, NodeId, RecordedDecision, TenantId } from '@writ/contracts'
import { Refusal, streamIdOf } from '@writ/contracts'
import type { Decision } from '@writ/contracts'
import type { AnyEntry, Clock, Ledger } from '@writ/enforcement'
import { outcomeOf } from './outcome.ts'
import type { Room, Spool } from './spool.ts'

/** How long a fenced spool stays closed before it is tried again with new files. */
const FENCE_MS = 1000

export type LedgerPorts = {
  readonly spool: Spool
  /** null until this point has joined: without a name there is no record, and so no effect */
  readonly node: () => NodeId | null
  readonly newBoot: () => BootId
  readonly clock: Clock
  readonly build: string
  /** hears of a record that could not be sealed; the call is then refused */
  readonly report: (problem: string, error: unknown) => void
}

/** Seals records into one stream per tenant and boot. Nothing settles before the bytes are on this machine's disk. */
export function createLedger(ports: LedgerPorts, firstBoot: BootId): Ledger {
  const log = new StreamLog(ports, firstBoot)
  return {
    open: async (entry) => {
      const unrecorded = await log.write(entry, 'opened', 'ordinary')
      if (unrecorded === null) entry.opened = true
      return unrecorded
    },
    close: async (entry) => {
      if (entry.closed) return null
      entry.closed = true
      // The reserve is for what was begun: a flood of refusals must not take the room of a closing record.
      return log.write(entry, 'closed', entry.opened ? 'reserve' : 'ordinary')
    },
  }
}

class StreamLog {
  readonly #ports: LedgerPorts
  readonly #positions = new Map<TenantId, StreamPosition>()
  #boot: BootId
  #fencedAtMs: number | null = null

  constructor(ports: LedgerPorts, firstBoot: BootId) {
    this.#ports = ports
    this.#boot = firstBoot
  }

  async write(entry: AnyEntry, kind: AuditRecord['kind'], room: Room): Promise<Refusal | null> {
    // Where no tenant is known there is no stream: nothing happened on anybody's behalf.
    if (!entry.current || isOneOfMany(entry)) return null
    const node = this.#ports.node()
    if (node === null || !this.#isWritable() || !this.#ports.spool.hasRoom(room)) return unrecorded()
    const tenant = entry.current.bundle.tenant.id
    const position = this.#positions.get(tenant) ?? startOfStream(streamIdOf(node, this.#boot, tenant))
    const sealed = this.#seal(entry, kind, position, node)
    if (sealed === null) return unrecorded()
    const { bytes, sha256 } = sealed
    this.#positions.set(tenant, extendStream(position, sha256))
    const { stream, seq } = position
    const isDurable = await this.#ports.spool.append({ stream, seq, bytes }, sha256)
    if (!isDurable) return unrecorded()
    entry.place = { stream, seq, sha256 }
    return null
  }

  #seal(
    entry: AnyEntry,
    kind: AuditRecord['kind'],
    position: StreamPosition,
    node: NodeId,
  ): SealedRecord | null {
    const { clock, build, report } = this.#ports
    try {
      const at = new Date(clock.nowMs()).toISOString()
      const durationMicros = Math.max(0, Math.round(clock.monotonicMicros() - entry.startedAtMicros))
      return sealWhole(recordOf(entry, { kind, position, at, durationMicros, gateway: { node, build } }))
    } catch (error) {
      report('a record could not be sealed', error)
      return null
    }
  }

  /** After a fence the streams of that boot may miss their last records: they end there, and a new boot begins. */
  #isWritable(): boolean {
    const { spool, clock, newBoot } = this.#ports
    if (!spool.isFenced) return true
    this.#fencedAtMs ??= clock.nowMs()
    if (clock.nowMs() - this.#fencedAtMs < FENCE_MS) return false
    this.#fencedAtMs = null
    this.#boot = newBoot()
    this.#positions.clear()
    spool.startOver(this.#boot)
    return true
  }
}

/** A flood of what a limit refuses must not fill the records: its first is recorded, the others are counted and logged. */
const isOneOfMany = ({ limit }: AnyEntry): boolean => limit?.isFirst === false

const unrecorded = (): Refusal => new Refusal('record_unavailable')

/** Of a record: where, when and by whom it is written. */
type Writing = Pick<AuditRecord, 'kind' | 'at' | 'durationMicros' | 'gateway'> & {
  readonly position: StreamPosition
}

// One literal with every member: put together from several objects it would cost as much again as writing it down.
function recordOf(entry: AnyEntry, { kind, position, at, durationMicros, gateway }: Writing): AuditRecord {
  const { channel, current, received } = entry
  if (!current) throw new Error('a record has a tenant')
  const who = callerOf(entry)
  const how = endingOf(entry)
  return {
    v: 'writ.record.v1',
    kind,
    decisionId: received.decisionId,
    tenant: current.bundle.tenant.id,
    stream: position.stream,
    seq: position.seq,
    prev: position.prev,
    at,
    channel,
    human: who.human,
    agent: who.agent,
    delegators: who.delegators,
    session: who.session,
    keyThumbprint: who.keyThumbprint,
    connection: connectionOf(entry),
    action: entry.action ?? null,
    outcome: how.outcome,
    refusal: how.refusal,
    outbound: recorded(entry.outbound, isListing(entry) ? [] : entry.hidden, entry.approval),
    inbound: recorded(entry.inbound, isListing(entry) ? entry.hidden : []),
    bundle: { version: current.bundle.version, sha256: current.sha256 },
    credential: lentTo(entry),
    request: { sha256: entry.bodySha256 ?? sha256Of(received.body), sizeBytes: received.body.length },
    response: entry.response ?? null,
    administration: null,
    local: entry.local ?? null,
    finding: null,
    parent: received.parent,
    durationMicros,
    gateway,
  }
}

const endingOf = ({ asked, refusal }: AnyEntry): Pick<AuditRecord, 'outcome' | 'refusal'> => ({
  outcome: asked ? 'ask' : outcomeOf(refusal?.code),
  refusal: refusal?.code ?? null,
})

type CallerFields = Pick<AuditRecord, 'human' | 'agent' | 'delegators' | 'session' | 'keyThumbprint'>

/** A token that no longer counts names its holder too, but without a proven key. */
function callerOf({ caller, named }: AnyEntry): CallerFields {
  const who = caller ?? named
  if (!who) return { human: null, agent: null, delegators: [], session: null, keyThumbprint: null }
  return {
    human: nameOf(who.human),
    agent: nameOf(who.agent),
    delegators: who.delegators.map(nameOf),
    session: who.session,
    keyThumbprint: caller?.keyThumbprint ?? null,
  }
}

const nameOf = <Id extends string>({ id, name }: { readonly id: Id; readonly name: string }) => ({ id, name })

/** What a device calls a connection, and the tenant does not have, is none. */
const connectionOf = ({ connection }: AnyEntry): AuditRecord['connection'] =>
  connection?.id ? { id: connection.id, name: connection.name } : null

const lentTo = ({ lease }: AnyEntry): AuditRecord['credential'] =>
  lease && lease.kind !== 'none'
    ? { connection: lease.secret.connection, version: lease.secret.version }
    : null

/** What was hidden from a listing was hidden on its way in; a call of what is hidden, on its way out. */
const isListing = ({ action }: AnyEntry): boolean => action?.method.endsWith('/list') ?? false

/** What was decided, without the content that it was decided on. */
function recorded(
  decision: Decision | undefined,
  hidden: readonly string[] = [],
  approval?: ApprovalId,
): RecordedDecision | null {
  if (!decision) return null
  const { outcome, matches, signals, modified, byDefault, labels } = decision
  return {
    outcome,
    matches: [...matches],
    signals: [...signals],
    modified,
    byDefault,
    labels: [...labels],
    hidden: hidden.slice(0, MOST_HIDDEN).map((name) => name.slice(0, LONGEST_NAME)),
    approval: approval ?? null,
  }
}

const MOST_HIDDEN = 100
const LONGEST_NAME = 128

const sha256Of = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex')
