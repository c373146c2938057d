import type { LocalWorld, Place } from '@writ/actions'
import type { Clock, HookSteps, Ledger } from '@writ/enforcement'
import type { HookEvent, HookVerdict } from '@writ/hooks'
import type { ReportProblem } from '@writ/point'
import type { Conversations } from './conversations.ts'

/** What decides and records, as the desk needs it. */
export type HookDeskPorts = {
  readonly steps: HookSteps
  readonly ledger: Ledger
  readonly clock: Clock
  readonly conversations: Conversations
  /** with what the tenant says now */
  readonly world: () => LocalWorld
  /** Somebody begins to work, and nobody else does. */
  readonly begin: () => void
  /** what is denied is let through */
  readonly isObserving: () => boolean
  readonly userHome: string
  /** of every event; null: as it says, or where its conversation began */
  readonly workspaces: readonly string[] | null
  readonly report: ReportProblem
}

export const denied = (reason: string, decisionId = ''): HookVerdict => ({
  outcome: 'deny',
  reason,
  decisionId,
  approval: null,
  modified: null,
})
export const ALLOWED: HookVerdict = {
  outcome: 'allow',
  reason: '',
  decisionId: '',
  approval: null,
  modified: null,
}

/** @param root where the conversation began: its workspace, where its client names none. Its directory may change with every command. */
export function placeOf(
  { cwd, workspaces }: Pick<HookEvent, 'cwd' | 'workspaces'>,
  root: string | null,
  userHome: string,
): Place {
  return {
    cwd: cwd ?? root ?? userHome,
    home: userHome,
    workspaces: workspaces.length > 0 ? workspaces : [root ?? cwd].filter((path) => path !== null),
    platform: PLATFORM,
  }
}

const PLATFORM = process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux'
