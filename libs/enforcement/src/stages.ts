import type { KeyObject } from 'node:crypto'
import type {
  AccessTokenClaims,
  Action,
  ApprovalId,
  AuditRecord,
  Bundle,
  BundleConnection,
  Caller,
  Channel,
  ConnectionId,
  Decision,
  DecisionId,
  JsonObject,
  LeaseSecret,
  Question,
  RecordedLocal,
  RefusalCode,
} from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { Message, MethodRow } from '@writ/mcp'
import type { CompiledPolicies, InspectOptions } from '@writ/policy'
import type { HangUp } from './hang-up.ts'

/** Header fields as they came: lower-case name to every value, in order. A name that came twice has two values. */
export type HeaderFields = ReadonlyMap<string, readonly string[]>

/** What came in at the rim of either channel. Nothing in it is trusted. */
export type Arrived = {
  readonly decisionId: DecisionId
  /** the message that this one is a part of, where one message becomes several */
  readonly parent?: DecisionId
  readonly body: Uint8Array
  readonly atMs: number
  /** aborted when the agent hangs up */
  readonly hangUp: HangUp
}

/** One HTTP exchange as the rim received it. */
export type Received = Arrived & {
  readonly verb: 'POST' | 'GET' | 'DELETE'
  readonly tenantSlug: string
  readonly connectionName: string
  /** the protected resource: this gateway's configured origin + the routed path; never built from `Host` */
  readonly resource: string
  readonly headers: HeaderFields
  /** network address that the request came from; an IPv6 one stands for its network */
  readonly source: string
}

/** One verified bundle with what is derived from it once: the immutable object that is swapped. */
export type CurrentBundle = {
  readonly bundle: Bundle
  /** SHA-256 of the signed payload, hex */
  readonly sha256: string
  readonly policies: CompiledPolicies
  /** public key of the tenant's authority by `kid`; nothing is ever fetched for a token */
  readonly keyOf: (kid: string) => KeyObject | undefined
  readonly agents: ReadonlyMap<string, Bundle['agents'][number]>
  readonly humans: ReadonlyMap<string, Bundle['humans'][number]>
  readonly connections: ReadonlyMap<string, BundleConnection>
  readonly revokedSessions: ReadonlySet<string>
  readonly revokedTokens: ReadonlySet<string>
  readonly suspendedGroups: ReadonlySet<string>
  /** callers under this bundle by the claims of a token that was verified; each goes with its token */
  readonly callers: WeakMap<AccessTokenClaims, Caller>
  /** what is looked for in the content of callers of these groups, by their list; each goes with its caller */
  readonly soughtBy: WeakMap<readonly string[], Sought>
  /** true while the last heartbeat is younger than the stale bound */
  readonly isFresh: () => boolean
  /** true while it is younger than the tighter bound beyond which nothing is changed any more */
  readonly isInStep: () => boolean
}

/** What the detectors look for beside what they always do. */
export type Sought = Pick<InspectOptions, 'patterns' | 'oversize'>

/** A message whose caller is proven. Made by the verify step only. */
export type Verified = {
  readonly received: Received
  readonly current: CurrentBundle
  readonly caller: Caller
  /** the same caller under another bundle of the tenant, or why it no longer counts */
  readonly callerUnder: (current: CurrentBundle) => Caller | Refusal
}

/** Where an action goes: a connection of the tenant, or what policies call by that word on a device (then without an id). */
export type Place = Pick<BundleConnection, 'name' | 'trust' | 'tools'> & { readonly id: ConnectionId | null }

/** What a decision is asked about, on either channel: who acts, and what would be done. */
export type Asking = {
  readonly channel: Channel
  readonly current: CurrentBundle
  readonly caller: Caller
  readonly connection: Place
  readonly action: Action
  readonly args: JsonObject
  readonly tool: Question['tool']
}

/** A message that was read strictly and may be decided. */
export type Asked = Verified &
  Asking & {
    readonly connection: BundleConnection
    readonly message: Message
    readonly row: MethodRow
  }

declare const proven: unique symbol

/** A message that policy let out. Only `allow` makes one, and only an `Allowed` reaches a credential or an upstream. */
export type Allowed = Asked & {
  readonly decision: Decision
  /** original bytes, or the rewritten ones when a rule modified them */
  readonly outgoing: Uint8Array
  readonly [proven]: true
}

/** The one gate: anything but an allow becomes a refusal. */
export function allow(asked: Asked, decision: Decision, outgoing: Uint8Array): Allowed | Refusal {
  if (decision.outcome === 'abort') return new Refusal('session_aborted')
  if (decision.outcome === 'deny') return new Refusal('policy_denied')
  if (decision.outcome === 'ask') return new Refusal('approval_unavailable')
  // Member by member: a spread that is added to costs microseconds, and this is on the way of every call.
  const letOut: Omit<Allowed, typeof proven> = {
    received: asked.received,
    current: asked.current,
    caller: asked.caller,
    callerUnder: asked.callerUnder,
    channel: asked.channel,
    connection: asked.connection,
    message: asked.message,
    row: asked.row,
    action: asked.action,
    args: asked.args,
    tool: asked.tool,
    decision,
    outgoing,
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the brand has no value: this line is the only maker of an `Allowed`
  return letOut as Allowed
}

/** A credential on loan for one call; `none` where the upstream wants no credential. */
export type Lease =
  | { readonly kind: 'none' }
  | { readonly kind: 'header' | 'client-certificate'; readonly secret: LeaseSecret }

/** One event of an event stream: its bytes exactly as they came, and its joined `data` lines, null where it has none. */
export type StreamEvent = { readonly bytes: Uint8Array; readonly data: string | null }

/** What the upstream answered, not yet judged. Hop-by-hop, cookie and length headers are already gone. */
export type UpstreamAnswer = {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
} & (
  | { readonly kind: 'whole'; readonly body: Uint8Array }
  | {
      readonly kind: 'stream'
      readonly events: AsyncIterable<StreamEvent>
      /** lets go of the upstream at once, also while it says nothing */
      readonly stop: () => void
    }
)

type Head = { readonly status: number; readonly headers: readonly (readonly [string, string])[] }

/** One judged piece of a stream. `endsCall`: it carries the answer to the message that began the stream. */
export type Frame = { readonly bytes: Uint8Array; readonly endsCall: boolean }

/** An answer after policy, before its record is closed. */
export type Judged =
  | (Head & { readonly kind: 'whole'; readonly body: Uint8Array })
  | (Head & { readonly kind: 'stream'; readonly frames: AsyncIterable<Frame> })

/** What goes to the agent. */
export type Answer =
  | (Head & { readonly kind: 'whole'; readonly body: Uint8Array })
  | (Head & { readonly kind: 'stream'; readonly frames: AsyncIterable<Uint8Array> })
  | {
      readonly kind: 'refusal'
      readonly refusal: Refusal
      readonly id: string | number | null
      /** `data` of the JSON-RPC error */
      readonly data: JsonObject
      readonly rule: DenyingRule | null
      /** server nonce for the proof of the next try, where one is wanted */
      readonly nonce: string | null
      /** seconds after which another try makes sense, where that is known */
      readonly retryAfterSeconds: number | null
    }

/** The rule that an agent is told about when policy denied. */
export type DenyingRule = { readonly policy: string; readonly rule: string; readonly reason: string }

/** A limit was reached. `isFirst`: the one before was let through. */
export type Wait = { readonly seconds: number; readonly isFirst: boolean }

/** What is being learnt about one message while it climbs; logs, metrics and records are views of it. */
export type Entry<From extends Arrived = Received> = {
  readonly channel: Channel
  readonly received: From
  readonly startedAtMicros: number
  /** SHA-256 of the body, hex, once somebody needed it */
  bodySha256?: string
  current?: CurrentBundle
  caller?: Caller
  /** whom a well-signed token named that no longer counts: for the record only, nothing was proven */
  named?: Pick<Caller, 'agent' | 'human' | 'delegators' | 'session'>
  connection?: Place
  message?: Message
  action?: Action
  outbound?: Decision
  /** the strictest inbound decision so far */
  inbound?: Decision
  /** names that policy does not show to this caller */
  hidden?: readonly string[]
  /** the approval that was asked for, or used up */
  approval?: ApprovalId
  /** undoes what the call reserved in its session, when nothing came of it */
  giveBack?: () => Promise<void>
  /** the call was handed to the upstream client: from here on it may have had its effect, whatever is heard of it */
  sent?: true
  /** the upstream said that it never carried the call out */
  turnedDown?: true
  /** the beginning of what was said, what the detectors know masked; in clear only here, and sealed in the record */
  excerpts?: { readonly outbound?: string; readonly inbound?: string }
  /** W3C trace context that the agent sent */
  trace?: NonNullable<AuditRecord['trace']>
  lease?: Lease
  response?: { status: number; sha256: string; sizeBytes: number }
  refusal?: { readonly code: RefusalCode; readonly detail: string }
  /** what a limit said: of many refusals in a row the first is recorded, and the others are only counted */
  limit?: Wait
  /** a person was asked where the action comes from: nobody here hears what they said */
  asked?: true
  /** of a local action: what the record says of it */
  local?: RecordedLocal
  /** where its newest record stands, once that is durable; `sha256` of its bytes, hex */
  place?: { readonly stream: string; readonly seq: number; readonly sha256: string }
  opened: boolean
  closed: boolean
}

/** An entry of either channel. */
export type AnyEntry = Entry<Arrived>
