import type { Decision, SessionState } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import { newSession } from '@writ/policy'
import type { SessionKey, SessionStore } from '../session-store.ts'

/** What one step makes of a session: a decision, and the state that the next one starts from. */
export type Step = { readonly decision: Decision; readonly next: SessionState }

/**
 * Decides under the state of a session and keeps what the decision means for the next one, as one: when another gateway was faster,
 * the state is read again and the question asked again, so that two of them never both pass a cap.
 */
export async function underSession(
  key: SessionKey,
  store: SessionStore,
  nowMs: number,
  step: (state: SessionState) => Step,
): Promise<Decision | Refusal> {
  let decision: Decision | undefined
  const kept = await changed(key, store, (stored) => {
    if (stored?.aborted) return new Refusal('session_aborted')
    const taken = step(stored ?? newSession(nowMs))
    decision = taken.decision
    return taken.next
  })
  // A session that should end is ended, also when its state could not be kept: many messages at once must not outrun that.
  if (kept && decision?.outcome === 'abort') return decision
  return kept ?? decision ?? new Refusal('internal')
}

/** Gives back what a call took, when nothing came of it. What cannot be given back stays taken: the strict side. */
export async function giveBack(
  key: SessionKey,
  store: SessionStore,
  release: (state: SessionState) => SessionState,
): Promise<void> {
  await changed(key, store, (stored) => (stored ? release(stored) : new Refusal('session_unknown')))
}

/** Compare and set, until nobody was in between. @returns why the state is unchanged */
async function changed(
  key: SessionKey,
  store: SessionStore,
  change: (stored: SessionState | null) => SessionState | Refusal,
): Promise<Refusal | null> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const tried = await tryOnce(key, store, change).catch(() => new Refusal('session_unavailable'))
    if (tried !== 'overtaken') return tried
  }
  return new Refusal('overloaded')
}

async function tryOnce(
  key: SessionKey,
  store: SessionStore,
  change: (stored: SessionState | null) => SessionState | Refusal,
): Promise<Refusal | null | 'overtaken'> {
  const stored = await store.read(key)
  const next = change(stored)
  if (isRefusal(next)) return next
  if (next.version === (stored?.version ?? 0)) return null
  return (await store.replace(key, stored?.version ?? null, next)) ? null : 'overtaken'
}

/** Each failed attempt means that another message of the same session went through. */
const MOST_ATTEMPTS = 32
