import type { SessionState } from '@writ/contracts'
import { readSessionState, SESSION_KEPT_MS } from '@writ/contracts'
import type { SessionKey, SessionStore } from '@writ/enforcement'
import { openSessionFiles } from './session-files.ts'
import type { SessionFiles } from './session-files.ts'

const SWEEP_MS = 3_600_000

/**
 * Sessions of the one process that holds them (the gateway of single-node mode, the daemon of a device): held in memory, and each in a file of its own before a call goes on, so that
 * a killed process has lost nothing. They need not outlive the machine's power: files are not forced to the disk.
 * @param nowMs wall clock, epoch milliseconds
 */
export async function openFileSessionStore(folder: string, nowMs: () => number): Promise<SessionStore> {
  const files = await openSessionFiles(folder)
  await files.sweep(nowMs() - SESSION_KEPT_MS)
  const held = createHeldSessions(files, nowMs)
  let sweptAtMs = nowMs()
  const sweepNowAndThen = async (): Promise<void> => {
    if (nowMs() - sweptAtMs < SWEEP_MS) return
    sweptAtMs = nowMs()
    await files.sweep(sweptAtMs - SESSION_KEPT_MS)
  }
  return {
    read: (key) => held.within(nameOf(key), async () => held.stateOf(nameOf(key))),
    replace: (key, fromVersion, next) =>
      held.within(nameOf(key), async () => {
        // nothing is waited for between comparing and setting
        if ((held.stateOf(nameOf(key))?.version ?? null) !== fromVersion) return false
        held.set(nameOf(key), next)
        await files.write(nameOf(key), JSON.stringify(next))
        await sweepNowAndThen()
        return true
      }),
  }
}

const nameOf = ({ tenant, session }: SessionKey): string => `${tenant}.${session}`

/** How many sessions are held in memory, beside those in use; the files of the others are read again. */
const MAX_HELD = 512

type Held = { readonly state: SessionState; readonly usedAtMs: number }

function createHeldSessions(files: SessionFiles, nowMs: () => number) {
  const held = new Map<string, Held>()
  const loading = new Map<string, Promise<void>>()
  const users = new Map<string, number>()

  /** Last in the order of use. */
  const set = (name: string, state: SessionState): void => {
    held.delete(name)
    held.set(name, { state, usedAtMs: nowMs() })
  }

  const read = async (name: string): Promise<void> => {
    const text = await files.read(name, nowMs() - SESSION_KEPT_MS)
    if (text !== null) set(name, readSessionState(text))
  }

  /** Once for all who wait: a file that was read earlier must not replace what was set since. */
  const load = (name: string): Promise<void> => {
    const underWay = loading.get(name) ?? read(name).finally(() => loading.delete(name))
    loading.set(name, underWay)
    return underWay
  }

  const stateOf = (name: string): SessionState | null => {
    const entry = held.get(name)
    if (entry === undefined) return null
    held.delete(name)
    if (entry.usedAtMs + SESSION_KEPT_MS <= nowMs()) return null
    set(name, entry.state)
    return entry.state
  }

  /** Those go first that were used the longest ago; none that is in use. */
  const makeRoom = (): void => {
    for (const name of held.keys()) {
      if (held.size <= MAX_HELD) return
      if (!users.has(name)) held.delete(name)
    }
  }

  return {
    stateOf,
    set,
    /** Acts while the session is in memory, if there is one, and stays there. */
    within: async <Result>(name: string, act: () => Promise<Result>): Promise<Result> => {
      users.set(name, (users.get(name) ?? 0) + 1)
      try {
        if (!held.has(name)) await load(name)
        return await act()
      } finally {
        const left = (users.get(name) ?? 1) - 1
        if (left > 0) users.set(name, left)
        else users.delete(name)
        makeRoom()
      }
    },
  }
}
