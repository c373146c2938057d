import { createHash } from 'node:crypto'
import type { RecordFields, SealedRecord, StreamPosition } from '@writ/audit'
import { extendStream, sealRecord, startOfStream } from '@writ/audit'
import type { ApprovalId, BootId, NodeId, RecordedDecision, TenantId } from '@writ/contracts'
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

  async write(entry: AnyEntry, kind: RecordFields['kind'], room: Room): Promise<Refusal | null> {
    // Where no tenant is known there is no stream: nothing happened on anybody's behalf.
    if (!entry.current || isOneOfMany(entry)) return null
    const node = this.#ports.node()
    if (node === null || !this.#isWritable() || !this.#ports.spool.hasRoom(room)) return unrecorded()
    const tenant = entry.current.bundle.tenant.id
    const position = this.#positions.get(tenant) ?? startOfStream(streamIdOf(node, this.#boot, tenant))
    const sealed = this.#seal(this.#fieldsOf(entry, kind, node), position)
    if (sealed === null) return unrecorded()
    const { bytes, sha256 } = sealed
    this.#positions.set(tenant, extendStream(position, sha256))
    const isDurable = await this.#ports.spool.append(
      { stream: position.stream, seq: position.seq, bytes },
      sha256,
    )
    return isDurable ? null : unrecorded()
  }

  #seal(fields: RecordFields, position: StreamPosition): SealedRecord | null {
    try {
      return sealRecord(fields, position)
    } catch (error) {
      this.#ports.report('a record could not be sealed', error)
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

  #fieldsOf(entry: AnyEntry, kind: RecordFields['kind'], node: NodeId): RecordFields {
    const { clock, build } = this.#ports
    return {
      kind,
      ...callOf(entry),
      outbound: recorded(entry.outbound, isListing(entry) ? [] : entry.hidden, entry.approval),
      inbound: recorded(entry.inbound, isListing(entry) ? entry.hidden : []),
      at: new Date(clock.nowMs()).toISOString(),
      durationMicros: Math.max(0, Math.round(clock.monotonicMicros() - entry.startedAtMicros)),
      gateway: { node, build },
    }
  }
}

/** A flood of what a limit refuses must not fill the records: its first is recorded, the others are counted and logged. */
const isOneOfMany = ({ limit }: AnyEntry): boolean => limit?.isFirst === false

const unrecorded = (): Refusal => new Refusal('record_unavailable')

type CallFields = Omit<RecordFields, 'kind' | 'outbound' | 'inbound' | 'at' | 'durationMicros' | 'gateway'>

function callOf(entry: AnyEntry): CallFields {
  const { channel, current, received } = entry
  if (!current) throw new Error('a record has a tenant')
  return {
    decisionId: received.decisionId,
    tenant: current.bundle.tenant.id,
    channel,
    ...callerOf(entry),
    connection: connectionOf(entry),
    action: entry.action ?? null,
    outcome: entry.asked ? 'ask' : outcomeOf(entry.refusal?.code),
    refusal: entry.refusal?.code ?? null,
    bundle: { version: current.bundle.version, sha256: current.sha256 },
    credential: lentTo(entry),
    request: { sha256: sha256Of(received.body), sizeBytes: received.body.length },
    response: entry.response ?? null,
    administration: null,
    local: entry.local ?? null,
    finding: null,
  }
}

/** What a device calls a connection, and the tenant does not have, is none. */
const connectionOf = ({ connection }: AnyEntry): CallFields['connection'] =>
  connection?.id ? { id: connection.id, name: connection.name } : null

/** A token that no longer counts names its holder too, but without a proven key. */
function callerOf({
  caller,
  named,
}: AnyEntry): Pick<CallFields, 'human' | 'agent' | 'delegators' | 'session' | 'keyThumbprint'> {
  const who = caller ?? named
  if (!who) return { human: null, agent: null, delegators: [], session: null, keyThumbprint: null }
  const { human, agent, delegators, session } = who
  return {
    human: { id: human.id, name: human.name },
    agent: { id: agent.id, name: agent.name },
    delegators: delegators.map(({ id, name }) => ({ id, name })),
    session,
    keyThumbprint: caller?.keyThumbprint ?? null,
  }
}

const lentTo = ({ lease }: AnyEntry): CallFields['credential'] =>
  lease?.kind === 'header' ? { connection: lease.secret.connection, version: lease.secret.version } : null

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

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
