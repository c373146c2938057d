import { secondsOf } from '@writ/contracts'
import type { Decision, Label, Question, SessionState, TestEvent } from '@writ/contracts'
import { hostsOf } from '../../destinations.ts'
import { RuleFault } from '../../rule-fault.ts'
import { reserve } from '../../session/fold.ts'
import type { SessionEvent } from '../../session/fold.ts'
import { observe } from '../../session/observe.ts'
import { sourcesOf } from '../../session/provenance.ts'
import { newSession } from '../../session/state.ts'
import { valuesIn } from '../../session/values.ts'
import type { ContentKeys } from '../../modify/content-keys.ts'
import type { CompiledPolicies } from '../../compile.ts'
import { callOf } from './scenario.ts'
import type { Call } from './scenario.ts'

/** What happened in a session before a question is asked. */
export type Past = {
  readonly labels: readonly string[]
  readonly history: readonly TestEvent[]
  readonly nowMs: number
}

/** The world in which it happened. */
export type Scene = {
  readonly compiled: CompiledPolicies
  readonly keys: ContentKeys
  /** what a past event asked on its way out, in the session as it was */
  readonly questionOf: (call: Call, state: SessionState, nowMs: number) => Question
  /** what the policies make of it; yields where a gateway would give way to others */
  readonly decide: (question: Question) => Generator<void, Decision>
}

/**
 * The session as it is when the case asks: every past event folded by the functions that gateways use, labels of the rules that
 * matched it included. What became of an event is what the history says, whatever the policies would have said. Yields after every event.
 */
export function* sessionAfter(scene: Scene, past: Past): Generator<void, SessionState> {
  const { history, labels, nowMs } = past
  const events = history
    .map((event, at) => ({ event, atMs: momentOf(event, at, { count: history.length, nowMs }) }))
    .sort((left, right) => left.atMs - right.atMs)
  const begun = newSession(Math.min(nowMs, events[0]?.atMs ?? nowMs))
  let state = observe(begun, { labels: labelsOf(labels) })
  for (const { event, atMs } of events) {
    state = yield* afterEvent(scene, state, event, atMs)
    yield
  }
  return state
}

const HOUR_MS = 3_600_000

function momentOf(
  { at, ago }: TestEvent,
  index: number,
  { count, nowMs }: { readonly count: number; readonly nowMs: number },
): number {
  if (at !== undefined) return Date.parse(at)
  if (ago !== undefined) return nowMs - secondsOf(ago) * 1000
  return nowMs - HOUR_MS + Math.floor(((index + 1) * HOUR_MS) / (count + 1))
}

/** Labels are checked where policies write them; a test may only say more of the same. */
const labelsOf = (labels: readonly string[]): readonly Label[] => labels

/** In the order of a gateway: labels first, so that what a rule calls untrusted vouches for no host. */
function* afterEvent(
  scene: Scene,
  before: SessionState,
  event: TestEvent,
  nowMs: number,
): Generator<void, SessionState> {
  const { compiled, keys } = scene
  const question = scene.questionOf(callOf(event), before, nowMs)
  const decision = yield* scene.decide(question)
  const labels = [...decision.labels, ...labelsOf(event.labels ?? [])]
  const marked = observe(before, { labels })
  const reserved = eventsOf(question, event, keys).reduce(
    (state, one) => reserve(state, compiled.session, one),
    marked,
  )
  const sent = observe(reserved, { hosts: { names: hostsReached(question, event), keys } })
  return event.result === undefined
    ? sent
    : yield* afterResult(scene, sent, { ...question, content: event.result })
}

/** What names nothing (a ping, a listing) is no call that a budget counts. */
function eventsOf(
  { nowMs, action, connection, args }: Question,
  { outcome }: TestEvent,
  keys: ContentKeys,
): readonly SessionEvent[] {
  const event = { nowMs, action, connection, args, keys }
  if (outcome === 'deny') return [{ ...event, kind: 'denial' }]
  if (action.tool === null) return []
  const call = { ...event, kind: 'call' as const }
  return outcome === 'approved' ? [call, { ...event, kind: 'approval' }] : [call]
}

function hostsReached({ action, args }: Question, { outcome }: TestEvent): readonly string[] {
  const hosts = outcome === 'deny' || action.tool === null ? [] : hostsOf(action.resource, args)
  return hosts instanceof RuleFault ? [] : hosts
}

function* afterResult(
  { decide, keys }: Scene,
  state: SessionState,
  sent: Question,
): Generator<void, SessionState> {
  const inbound: Question = { ...sent, direction: 'inbound', session: { ...sent.session, state } }
  const { labels } = yield* decide(inbound)
  return observe(state, {
    labels,
    answer: {
      values: yield* valuesIn(sent.content, keys),
      sources: sourcesOf(sent.action, sent.connection.trust),
    },
  })
}
