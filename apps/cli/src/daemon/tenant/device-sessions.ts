import type { SessionId } from '@writ/contracts'
import type { CurrentBundle } from '@writ/enforcement'
import type { AgentSession } from '@writ/identity'
import { AuthorityError } from '@writ/identity'
import type { ReportProblem } from '@writ/point'
import { pause } from '@writ/point'
import type { ProvenToken } from './proven.ts'
import { forgetProven, keepProven, provenToken, readProven } from './proven.ts'

export type DeviceSessionPorts = {
  /** begins a session with the authority; rejects with `AuthorityError` where it says no */
  readonly open: () => Promise<AgentSession>
  /** null while there is no bundle */
  readonly current: () => Promise<CurrentBundle | null>
  /** where the last proven token is kept */
  readonly path: string
  /** Another session goes on with what this one has seen. */
  readonly inherit: (from: SessionId, to: SessionId) => Promise<void>
  readonly report: ReportProblem
}

export type DeviceSessions = {
  /** the newest token that was proven; null: nobody can say for whom this device acts */
  readonly proven: () => ProvenToken | null
  /** the same, and nobody acts by it */
  readonly peek: () => ProvenToken | null
  /** waits a moment for a session that is being begun */
  readonly settled: () => Promise<void>
  readonly begin: () => void
  /** @throws where there is no session that signs */
  readonly signing: () => AgentSession
  readonly trouble: () => string | null
  readonly run: (signal: AbortSignal) => Promise<void>
}

const LOOK_EVERY_MS = 2000
const AT_FIRST_MS = 100
/** a question is denied after 1.5 s */
const SETTLE_MS = 800

/**
 * The session in whose name this device acts, on both channels. While the authority is away the last proven one goes on, for as long as the
 * bundle counts; a no of the authority ends it at once.
 */
export class RunningSessions implements DeviceSessions {
  readonly #ports: DeviceSessionPorts
  #session: AgentSession | null = null
  #proven: ProvenToken | null = null
  #isUsed = false
  #trouble: string | null = null
  #opening: Promise<void> | null = null

  constructor(ports: DeviceSessionPorts) {
    this.#ports = ports
  }

  readonly proven = (): ProvenToken | null => {
    this.#isUsed = true
    return this.#proven
  }

  readonly peek = (): ProvenToken | null => this.#proven

  readonly trouble = (): string | null => this.#trouble

  readonly settled = async (): Promise<void> => {
    if (this.#opening === null) return
    const late = new AbortController()
    await Promise.race([this.#opening, pause(SETTLE_MS, late.signal)])
    late.abort()
  }

  readonly begin = (): void => {
    // The session of the start serves the first conversation.
    if (!this.#isUsed || this.#opening !== null) return
    this.#opening = this.#attempt(() => this.#renew(null)).finally(() => (this.#opening = null))
  }

  readonly signing = (): AgentSession => {
    if (this.#session === null)
      throw new AuthorityError(503, 'temporarily_unavailable', 'no session has begun yet')
    return this.#session
  }

  readonly run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await this.#attempt(() => this.#look())
      await pause(this.#session === null ? AT_FIRST_MS : LOOK_EVERY_MS, signal)
    }
  }

  async #look(): Promise<void> {
    const current = await this.#ports.current()
    if (current === null) return
    this.#proven ??= await readProven(this.#ports.path, current)
    if (this.#session === null) return this.#renew(this.#proven)
    const token = await this.#session.accessToken()
    this.#trouble = null
    if (token !== this.#proven?.token) await this.#publish(await provenOf(token, current))
  }

  /** @param before whose memory the new session goes on with; null: it begins with none */
  async #renew(before: ProvenToken | null): Promise<void> {
    const current = await this.#ports.current()
    if (current === null) return
    const session = await this.#ports.open()
    const proven = await provenOf(await session.accessToken(), current)
    // Before anything is decided in its name.
    if (before !== null) await this.#ports.inherit(before.claims.sid, proven.claims.sid)
    this.#session = session
    this.#isUsed = before !== null
    this.#trouble = null
    await this.#publish(proven)
  }

  async #publish(proven: ProvenToken): Promise<void> {
    this.#proven = proven
    await keepProven(this.#ports.path, proven)
  }

  async #forget(): Promise<void> {
    this.#session = null
    this.#proven = null
    await forgetProven(this.#ports.path)
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#ports.report('this device has no session', error)
      this.#trouble = error instanceof Error ? error.message : 'no session'
      if (isNo(error)) await this.#forget()
    }
  }
}

async function provenOf(token: string, current: CurrentBundle): Promise<ProvenToken> {
  const proven = await provenToken(token, current)
  if (proven === null) throw new Error('the authority gave a token that the bundle does not know')
  return proven
}

/** The authority answered. It may be busy, or restarting; anything else is its word on this agent. */
const isNo = (error: unknown): boolean =>
  error instanceof AuthorityError && error.status < 500 && error.status !== 429
