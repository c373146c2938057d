import type { Decision, Direction, Json, SessionState } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import { PROTECTED_POINTERS } from '@writ/mcp'
import type { ContentKeys, Given, Inspection } from '@writ/policy'
import { decide, needsOf } from '@writ/policy'
import type { ContentKeySource } from '../ports.ts'
import type { SessionStore } from '../session-store.ts'
import type { Asking } from '../stages.ts'
import { groupsOf } from './groups.ts'
import type { Turns } from './in-turns.ts'
import { inspected } from './inspected.ts'
import { questionOf } from './question.ts'
import type { SessionLine } from './under-session.ts'
import { stateOf, underSession } from './under-session.ts'

export type WeighPorts = Turns & {
  readonly sessions: SessionStore
  readonly contentKeys: ContentKeySource
  /** wall clock, epoch milliseconds */
  readonly nowMs: () => number
}

/** Everything about one direction of one message that is settled before its rules are asked. */
export type Weighing = {
  readonly asking: Asking
  readonly direction: Direction
  readonly content: Json
  readonly inspection: Inspection | null
  readonly keys: ContentKeys | null
  /** some rule of this caller asks what its session has done, so that is kept */
  readonly isKept: boolean
}

/** Inspects the content and fetches the keys, as far as the rules of this caller need them. */
export async function weighingOf(
  asking: Asking,
  direction: Direction,
  content: Json,
  ports: WeighPorts,
): Promise<Weighing> {
  const { caller, current } = asking
  const groups = groupsOf(caller)
  const needs = needsOf(current.policies, groups, direction)
  const { remembersSecrets } = current.policies.session
  const isKept =
    remembersSecrets || needs.session || needsOf(current.policies, groups, OTHER[direction]).session
  const tenantKey = needs.keys || isKept ? await ports.contentKeys.keyOf(current.bundle.tenant) : null
  const keys = tenantKey && { tenant: tenantKey, sessionId: caller.session }
  const isInspected = needs.content || (remembersSecrets && direction === 'inbound')
  if (!isInspected) return { asking, direction, content, keys, isKept, inspection: null }
  // A store that is away is found out when the decision is kept, and then refuses the call.
  const state = remembersSecrets
    ? await stateOf(sessionKeyOf(asking), ports.sessions, ports.nowMs()).catch(() => null)
    : null
  const inspection = await inspected(content, { current, groups, state, keys }, ports)
  return { asking, direction, content, keys, isKept, inspection }
}

const OTHER: Readonly<Record<Direction, Direction>> = { outbound: 'inbound', inbound: 'outbound' }

/** What the decision means for the session: the state that its next message is judged under. */
export type Keep = (state: SessionState, decision: Decision) => SessionState

/** Whether rewritten content may still go where it goes. */
export type Accepts = NonNullable<Given['accepts']>

/** Asks the rules, under the session's state where one is kept. */
export async function weigh(
  { asking, inspection, keys, direction, content, isKept }: Weighing,
  keep: (keys: ContentKeys) => Keep,
  ports: WeighPorts,
  accepts: Accepts = () => null,
): Promise<Decision | Refusal> {
  const nowMs = ports.nowMs()
  const ask = (state: SessionState | null) => {
    const question = questionOf(asking, direction, content, { state, nowMs })
    const given = { inspection, keys, protectedPointers: PROTECTED_POINTERS, accepts }
    return decide(asking.current.policies, question, given)
  }
  if (!isKept) return ask(null)
  if (keys === null) return new Refusal('session_unavailable')
  const kept = keep(keys)
  return underSession(sessionKeyOf(asking), ports.sessions, nowMs, (state) => {
    const decision = ask(state)
    return { decision, next: kept(state, decision) }
  })
}

export const sessionKeyOf = ({ current, caller }: Asking): SessionLine => ({
  tenant: current.bundle.tenant.id,
  session: caller.session,
  above: caller.parentSession === null ? [] : [caller.parentSession, ...(caller.olderSessions ?? [])],
})
