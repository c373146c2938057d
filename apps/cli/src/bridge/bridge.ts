import { randomBytes } from 'node:crypto'
import { Refusal } from '@writ/contracts'
import type { Program } from './child.ts'
import { ENDED_BY_US } from './child.ts'
import type { Session } from './session.ts'
import { createSession } from './session.ts'
import type { Starts } from './starts.ts'
import { createStarts } from './starts.ts'
import type { Stateless } from './stateless.ts'
import { openStateless } from './stateless.ts'

export type BridgeSettings = {
  /** servers of sessions at once */
  readonly sessions: number
  /** one that nobody uses for so long is ended */
  readonly idleMs: number
}

/** Stdio servers, one for each session of the 2025 era and one for all requests of the 2026 era. */
export type Bridge = {
  readonly begin: () => { readonly id: string; readonly session: Session } | Refusal
  readonly sessionOf: (id: string) => Session | undefined
  readonly forget: (id: string) => Promise<void>
  /** the one of the 2026 era; a Refusal where the server speaks the older era alone, or cannot be started */
  readonly stateless: () => Promise<Stateless | Refusal>
  readonly close: () => Promise<void>
}

export function createBridge(program: Program, settings: BridgeSettings): Bridge {
  const sessions = new Map<string, Session>()
  const starts = createStarts(() => performance.now())
  const shared = createShared(program, starts, settings)
  return {
    begin: () => {
      const full = sessions.size >= settings.sessions ? TOO_MANY : waitOr(starts)
      if (full !== null) return full
      const id = randomBytes(24).toString('base64url')
      const session = createSession(program)
      sessions.set(id, session)
      watch(session, starts, settings.idleMs)
      void session.ended.then(() => sessions.delete(id))
      return { id, session }
    },
    sessionOf: (id) => sessions.get(id),
    forget: async (id) => {
      const session = sessions.get(id)
      sessions.delete(id)
      await session?.end()
    },
    stateless: shared.open,
    close: async () => {
      await Promise.all([shared.close(), ...[...sessions.values()].map((session) => session.end())])
    },
  }
}

const TOO_MANY = new Refusal('overloaded', 'as many sessions are open as this bridge has room for')

function waitOr(starts: Starts): Refusal | null {
  const seconds = starts.waitSeconds()
  return seconds === 0
    ? null
    : new Refusal('upstream_unreachable', `the server keeps ending: it is started again in ${seconds} s`)
}

type Watched = Pick<Session, 'ended' | 'isIdle' | 'uses' | 'end'>

/** Ends a server that nobody uses, and tells how long it lived by itself. */
function watch(server: Watched, starts: Starts, idleMs: number): void {
  const beganMs = performance.now()
  const state = { usedMs: beganMs, uses: 0, isEnding: false }
  const look = setInterval(
    () => {
      if (!server.isIdle() || server.uses() !== state.uses) state.usedMs = performance.now()
      state.uses = server.uses()
      if (performance.now() - state.usedMs < idleMs) return
      state.isEnding = true
      void server.end()
    },
    Math.min(1000, idleMs / 2),
  )
  void server.ended.then((reason) => {
    clearInterval(look)
    if (!state.isEnding && reason !== ENDED_BY_US) starts.lived(performance.now() - beganMs)
    return reason
  })
}

function createShared(program: Program, starts: Starts, { idleMs }: BridgeSettings) {
  let opening: Promise<Stateless | Refusal> | null = null
  let olderUntilMs = -Infinity
  let isClosed = false
  const start = async (): Promise<Stateless | Refusal> => {
    const opened = await openStateless(program)
    if (opened.kind !== 'open') {
      opening = null
      olderUntilMs = opened.kind === 'older' ? Infinity : performance.now() + ASK_AGAIN_MS
      return OLDER
    }
    watch(opened.server, starts, idleMs)
    void opened.server.ended.then(() => (opening = null))
    return opened.server
  }
  return {
    open: async (): Promise<Stateless | Refusal> => {
      if (isClosed || performance.now() < olderUntilMs) return OLDER
      const wait = opening === null ? waitOr(starts) : null
      if (wait !== null) return wait
      opening ??= start()
      return opening
    },
    close: async () => {
      isClosed = true
      const server = await opening
      if (server !== null && 'end' in server) await server.end()
    },
  }
}

/** A server that said nothing may have been slow to start. */
const ASK_AGAIN_MS = 60_000

/** With the status of servers of that era: clients of both tell from it to begin a session, which says what else is wrong. */
export const OLDER = new Refusal(
  'message_malformed',
  'this server does not say that it speaks the 2026 era: begin with initialize',
)
