import { hash } from 'node:crypto'
import type {
  ApprovalId,
  AuditRecord,
  Caller,
  Decision,
  RecordedDecision,
  RecordFlag,
  Sealed,
  SessionId,
} from '@writ/contracts'
import type { AnyEntry, CurrentBundle } from '@writ/enforcement'
import type { Excerpts } from './excerpts.ts'
import { outcomeOf } from './outcome.ts'
import type { Writing } from './own-record.ts'

/** Of a record: where, when and by whom it is written. */
type Written = Writing & Pick<AuditRecord, 'kind' | 'durationMicros'>

/** What a record takes besides its entry. */
type Means = { readonly excerpts: Excerpts; readonly isClockSuspect: boolean }

/** What a record says of one call, out of its entry, which knows its tenant's bundle. */
// One literal with every member: put together from several objects it would cost as much again as writing it down.
export function recordOf(
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
