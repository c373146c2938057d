import { hash } from 'node:crypto'
import type {
  ApprovalId,
  AuditRecord,
  BootId,
  Caller,
  RecordedDecision,
  RecordFlag,
  Sealed,
  SessionId,
  StreamId,
  TenantId,
} from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { Decision } from '@writ/contracts'
import type { AnyEntry, CurrentBundle, Ledger } from '@writ/enforcement'
import { Excerpts } from './excerpts.ts'
import { Gaps } from './gap.ts'
import { outcomeOf } from './outcome.ts'
import type { Lane, Room, SpoolHead } from './spool.ts'
import { StreamLog } from './stream-log.ts'
import type { Placed, StreamLogPorts, Writing } from './stream-log.ts'

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
  /** says in every stream that it ends here; nothing is recorded any more */
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
    end: () => log.end(),
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
    if (place === null) return unrecorded()
    if (durability === 'strict-remote' && !(await this.#isThere(entry, place))) return unrecorded()
    this.#keepCount(entry.place, kind, place)
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

  /** After a fence what was begun in one stream ends in another. */
  #keepCount(begunAt: AnyEntry['place'], kind: AuditRecord['kind'], { stream, seq, sha256 }: Placed): void {
    const before = begunAt && this.#streams.get(begunAt.stream)
    if (before && kind === 'closed') before.begun -= 1
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
    const micros = this.#ports.clock.monotonicMicros() - entry.startedAtMicros
    return recordOf(
      entry,
      { ...writing, kind, durationMicros: Math.max(0, Math.round(micros)) },
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

/** Of a record: where, when and by whom it is written. */
type Written = Writing & Pick<AuditRecord, 'kind' | 'durationMicros'>

// One literal with every member: put together from several objects it would cost as much again as writing it down.
function recordOf(
  entry: AnyEntry,
  { kind, position, at, durationMicros, gateway }: Written,
  means: Means,
): AuditRecord {
  const { channel, current, received } = entry
  if (!current) throw new Error('a record has a tenant')
  const who = callerOf(entry)
  const how = endingOf(entry)
  const said = saidIn(entry, kind, current, means.excerpts)
  return {
    v: 'writ.decision.v1',
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
    ancestors: who.ancestors,
    keyThumbprint: who.keyThumbprint,
    connection: connectionOf(entry),
    action: entry.action ?? null,
    outcome: how.outcome,
    refusal: how.refusal,
    outbound: recorded(entry.outbound, isListing(entry) ? [] : entry.hidden, entry.approval),
    inbound: recorded(entry.inbound, isListing(entry) ? entry.hidden : []),
    bundle: { version: current.bundle.version, sha256: current.sha256 },
    credential: lentTo(entry),
    request: {
      sha256: entry.bodySha256 ?? sha256Of(received.body),
      sizeBytes: received.body.length,
      excerpt: said.request,
    },
    response: responseOf(entry, said.response),
    administration: null,
    local: entry.local ?? null,
    finding: null,
    parent: received.parent,
    trace: entry.trace,
    flags: flagsOf(current, means.isClockSuspect),
    durationMicros,
    gateway,
  }
}

const endingOf = ({ asked, refusal }: AnyEntry): Pick<AuditRecord, 'outcome' | 'refusal'> => ({
  outcome: asked ? 'ask' : outcomeOf(refusal?.code),
  refusal: refusal?.code ?? null,
})

/** What a record takes besides its entry. */
type Means = { readonly excerpts: Excerpts; readonly isClockSuspect: boolean }

const responseOf = ({ response }: AnyEntry, excerpt: Sealed | undefined): AuditRecord['response'] =>
  response
    ? { sha256: response.sha256, sizeBytes: response.sizeBytes, status: response.status, excerpt }
    : null

type Said = { readonly request: Sealed | undefined; readonly response: Sealed | undefined }

/** Once in the two records of a call: what was asked when it began, what was answered when it ended. On a device there is no answer of its own. */
function saidIn(
  { excerpts, opened, caller, response }: AnyEntry,
  kind: AuditRecord['kind'],
  { humans }: CurrentBundle,
  sealer: Excerpts,
): Said {
  const subject = excerpts && caller && humans.get(caller.human.id)?.subject
  if (!subject) return NOTHING_SAID
  const seal = (text: string | undefined) => (text === undefined ? undefined : sealer.seal(subject, text))
  const asked = opened && kind === 'closed' ? undefined : excerpts.outbound
  const answered = kind === 'closed' ? excerpts.inbound : undefined
  return response
    ? { request: seal(asked), response: seal(answered) }
    : { request: seal(asked ?? answered), response: undefined }
}

const NOTHING_SAID: Said = { request: undefined, response: undefined }

const STALE: readonly RecordFlag[] = ['policy_stale']
const SUSPECT: readonly RecordFlag[] = ['clock_suspect']

function flagsOf(current: CurrentBundle, isClockSuspect: boolean): RecordFlag[] | undefined {
  const isStale = !current.isInStep()
  return isStale || isClockSuspect
    ? [...(isStale ? STALE : []), ...(isClockSuspect ? SUSPECT : [])]
    : undefined
}

type CallerFields = Pick<
  AuditRecord,
  'human' | 'agent' | 'delegators' | 'session' | 'ancestors' | 'keyThumbprint'
>

/** A token that no longer counts names its holder too, but without a proven key. */
function callerOf({ caller, named, current }: AnyEntry): CallerFields {
  const who = caller ?? named
  if (!who) return NOBODY
  const { id } = who.human
  return {
    // A name is in the bundle as it stands in records. Without it the id says who it is: no record holds a name in clear.
    human: { id, name: current?.humans.get(id)?.subject?.name ?? id },
    agent: nameOf(who.agent),
    delegators: who.delegators.map(nameOf),
    session: who.session,
    ancestors: ancestorsOf(caller),
    keyThumbprint: caller?.keyThumbprint ?? null,
  }
}

const NOBODY: CallerFields = { human: null, agent: null, delegators: [], session: null, keyThumbprint: null }

const MOST_ANCESTORS = 16

const ancestorsOf = (caller: Caller | undefined): SessionId[] | undefined =>
  caller?.parentSession
    ? [caller.parentSession, ...(caller.olderSessions ?? [])].slice(0, MOST_ANCESTORS)
    : undefined

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
