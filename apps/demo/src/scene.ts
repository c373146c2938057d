import type { AgentView } from '@writ/contracts'
import type { Agent } from './agent.ts'
import type { DemoConfig } from './config.ts'
import type { DatabaseView } from './database.ts'
import type { DemoTenant } from './tenant.ts'
import type { Transcript } from './transcript.ts'
import type { Upstream } from './upstream.ts'

/** What every chapter of the guide can look at. */
export type Scene = {
  readonly config: DemoConfig
  readonly demo: DemoTenant
  readonly upstream: Upstream
  /** the credential that the agent must never see */
  readonly secret: string
  readonly transcript: Transcript
  readonly database: DatabaseView
}

/** The scene once the agent is enrolled and its client is connected. */
export type AgentScene = Scene & {
  readonly enrolled: AgentView
  readonly agent: Agent
  readonly home: string
}

/** Repeats `attempt` until it gives a value. @returns the value and how long it took. @throws Error when the limit passes */
export async function until<T>(
  what: string,
  limitMs: number,
  attempt: () => Promise<T | undefined>,
): Promise<{ value: T; elapsedMs: number }> {
  const startedAt = performance.now()
  for (;;) {
    const value = await attempt()
    const elapsedMs = performance.now() - startedAt
    if (value !== undefined) return { value, elapsedMs }
    if (elapsedMs > limitMs) throw new Error(`${what} did not happen within ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
