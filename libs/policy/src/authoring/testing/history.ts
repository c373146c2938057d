import { secondsOf } from '@writ/contracts'
import type { Label, PolicyTest, Question, SessionState, TestEvent } from '@writ/contracts'
import { hostsOf } from '../../destinations.ts'
import { RuleFault } from '../../rule-fault.ts'
import { reserve } from '../../session/fold.ts'
import type { SessionEvent } from '../../session/fold.ts'
import { observe } from '../../session/observe.ts'
import { sourcesOf } from '../../session/provenance.ts'
import { newSession } from '../../session/state.ts'
import { asked } from './asked.ts'
import type { World } from './asked.ts'
import { callOf, outboundQuestion, TEST_KEYS } from './scenario.ts'

/**
 * The session as it is when the case asks: every past event folded by the functions that gateways use, labels of the rules that
 * matched it included. What became of an event is what the test says, whatever the policy would have said.
 */
export function sessionAfter(world: World, test: PolicyTest): SessionState {
  const nowMs = Date.parse(test.now)
  const events = test.history
    .map((event, at) => ({ event, atMs: momentOf(event, at, { count: test.history.length, nowMs }) }))
    .sort((left, right) => left.atMs - right.atMs)
  const begun = newSession(Math.min(nowMs, events[0]?.atMs ?? nowMs))
  const labelled = observe(begun, { labels: labelsOf(test.labels) })
  return events.reduce(
    (state, { event, atMs }) => afterEvent({ ...world, test }, state, event, atMs),
    labelled,
  )
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

type Scene = World & { readonly test: PolicyTest }

/** In the order of a gateway: labels first, so that what a rule calls untrusted vouches for no host. */
function afterEvent(world: Scene, before: SessionState, event: TestEvent, nowMs: number): SessionState {
  const { compiled, test, classOf } = world
  const question = outboundQuestion({ test, classOf, state: before, nowMs }, callOf(event))
  const labels = [...asked(world, question).labels, ...labelsOf(event.labels ?? [])]
  const marked = observe(before, { labels })
  const reserved = eventsOf(question, event).reduce(
    (state, one) => reserve(state, compiled.session, one),
    marked,
  )
  const sent = hostsReached(question, event).reduce(
    (state, name) => observe(state, { host: { name, keys: TEST_KEYS } }),
    reserved,
  )
  return event.result === undefined ? sent : afterResult(world, sent, { ...question, content: event.result })
}

/** What names nothing (a ping, a listing) is no call that a budget counts. */
function eventsOf(question: Question, { outcome }: TestEvent): readonly SessionEvent[] {
  const { nowMs, action, connection, args } = question
  const event = { nowMs, action, connection, args, keys: TEST_KEYS }
  if (outcome === 'deny') return [{ ...event, kind: 'denial' }]
  if (action.tool === null) return []
  const call = { ...event, kind: 'call' as const }
  return outcome === 'approved' ? [call, { ...event, kind: 'approval' }] : [call]
}

function hostsReached({ action, args }: Question, { outcome }: TestEvent): readonly string[] {
  const hosts = outcome === 'deny' || action.tool === null ? [] : hostsOf(action.resource, args)
  return hosts instanceof RuleFault ? [] : hosts
}

function afterResult(world: World, state: SessionState, sent: Question): SessionState {
  const inbound: Question = { ...sent, direction: 'inbound', session: { ...sent.session, state } }
  return observe(state, {
    labels: asked(world, inbound).labels,
    answer: {
      content: sent.content,
      sources: sourcesOf(sent.action, sent.connection.trust),
      keys: TEST_KEYS,
    },
  })
}
