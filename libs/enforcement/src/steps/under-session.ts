import type { Decision, SessionId, SessionState } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import { inherit, newSession } from '@writ/policy'
import type { SessionKey, SessionStore } from '../session-store.ts'

/** What one step makes of a session: a decision, and the state that the next one starts from. */
export type Step = { readonly decision: Decision; readonly next: SessionState }

/**
 * Decides under the state of a session and keeps what the decision means for the next one, as one: when another gateway was faster,
 * the state is read again and the question asked again, so that two of them never both pass a cap.
 */
export async function underSession(
  key: SessionLine,
  store: SessionStore,
  nowMs: number,
  step: (state: SessionState) => Step,
): Promise<Decision | Refusal> {
  let decision: Decision | undefined
  const kept = await changed(key, store, async (stored) => {
    const state = stored ?? (await firstState(key, store, nowMs))
    if (state.aborted) return new Refusal('session_aborted')
    const taken = step(state)
    decision = taken.decision
    return taken.next
  })
  // A session that should end is ended, also when its state could not be kept: many messages at once must not outrun that.
  if (kept && decision?.outcome === 'abort') return decision
  return kept ?? decision ?? new Refusal('internal')
}

/** A session, and those that it was delegated from, newest first. */
export type SessionLine = SessionKey & { readonly above: readonly SessionId[] }

/** What is known of a session: its state, or what it begins with. */
export const stateOf = async (key: SessionLine, store: SessionStore, nowMs: number): Promise<SessionState> =>
  (await store.read(key)) ?? firstState(key, store, nowMs)

/**
 * A delegated session begins with what those above it have done: an agent does not become clean by passing on what it knows, nor by
 * passing it on through one that does nothing itself.
 */
export async function firstState(
  { tenant, above }: SessionLine,
  store: SessionStore,
  nowMs: number,
): Promise<SessionState> {
  const inherited = await Promise.all(above.map((session) => store.read({ tenant, session })))
  return inherited
    .filter((state) => state !== null)
    .reduce((child, state) => inherit(state, child), newSession(nowMs))
}

/** Gives back what a call took, when nothing came of it. What cannot be given back stays taken: the strict side. */
export async function giveBack(
  key: SessionKey,
  store: SessionStore,
  release: (state: SessionState) => SessionState,
): Promise<void> {
  await changed(key, store, (stored) => (stored ? release(stored) : new Refusal('session_unknown')))
}

type Made = SessionState | Refusal
type Change = (stored: SessionState | null) => Made | Promise<Made>

/** Compare and set, until nobody was in between. @returns why the state is unchanged */
export async function changed(key: SessionKey, store: SessionStore, change: Change): Promise<Refusal | null> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const tried = await tryOnce(key, store, change).catch(() => new Refusal('session_unavailable'))
    if (tried !== 'overtaken') return tried
  }
  return new Refusal('overloaded')
}

async function tryOnce(
  key: SessionKey,
  store: SessionStore,
  change: Change,
): Promise<Refusal | null | 'overtaken'> {
  const stored = await store.read(key)
  const next = await change(stored)
  if (isRefusal(next)) return next
  if (next.version === (stored?.version ?? 0)) return null
  return (await store.replace(key, stored?.version ?? null, next)) ? null : 'overtaken'
}

/** Each failed attempt means that another message of the same session went through. */
const MOST_ATTEMPTS = 32
