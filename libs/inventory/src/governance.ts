import type { Governance, InventoryClient, InventoryScope } from '@writ/contracts'
import type { RawHook } from './hooks.ts'
import type { Value } from './reading/value.ts'
import { valueAt } from './reading/value.ts'

/** A hook, with what is known of the file that it stands in and of the program that it runs. */
export type StandingHook = Pick<RawHook, 'event' | 'isWrit' | 'failsClosed' | 'hearsAll'> & {
  readonly scope: InventoryScope
  /** only an admin of the machine can change it; null where that cannot be told */
  readonly isFileProtected: boolean | null
  readonly program: 'protected' | 'changeable' | 'missing' | 'unknown'
}

export type Standing = {
  readonly hooks: readonly StandingHook[]
  /** what the managed files of the client say */
  readonly managed: readonly Value[]
  /** a file that its user can change switches hooks off */
  readonly isSwitchedOff: boolean
}

export type Judgement = { readonly governance: Governance; readonly reason: string }

/** The events before an action, by client. A client that is not here has no hooks that Writ knows. */
const BEFORE: Partial<Readonly<Record<InventoryClient, RegExp>>> = {
  'claude-code': /^PreToolUse$/,
  codex: /^PreToolUse$/,
  cursor: /^(?:preToolUse|beforeShellExecution|beforeMCPExecution|beforeReadFile)$/,
  'copilot-cli': /^[Pp]reToolUse$/,
  vscode: /^[Pp]reToolUse$/,
  'gemini-cli': /^BeforeTool$/,
  windsurf: /^pre_/,
  opencode: /^plugin$/,
}

type Demand = {
  /** the events that all have to be heard */
  readonly events: readonly string[]
  /** why the hook does not hold for all that; null: it does */
  readonly weakness: (standing: Standing, hook: StandingHook) => string | null
}

/** Clients whose managed hooks their user cannot turn off, and what their managed files must say for it. */
const ENFORCED: Partial<Readonly<Record<InventoryClient, Demand>>> = {
  'claude-code': {
    events: ['PreToolUse'],
    weakness: ({ managed }, { failsClosed }) => {
      if (!failsClosed) return 'its hook lets actions pass when it fails: `onFailure` is not `block`'
      return managed.some((value) => isNewEnough(valueAt(value, 'requiredMinimumVersion')))
        ? null
        : 'older versions ignore `onFailure`: `requiredMinimumVersion` is not 2.1.329 or newer'
    },
  },
  codex: {
    events: ['PreToolUse'],
    weakness: ({ managed }) =>
      managed.some((value) => valueAt(value, 'features', 'hooks') === true)
        ? null
        : 'its user can switch hooks off: `features.hooks` is not pinned',
  },
  cursor: {
    events: ['preToolUse'],
    weakness: (_, { failsClosed }) =>
      failsClosed ? null : 'its hook lets actions pass when it fails: `failClosed` is not set',
  },
  'copilot-cli': { events: ['PreToolUse'], weakness: () => null },
  windsurf: {
    events: ['pre_run_command', 'pre_read_code', 'pre_write_code', 'pre_mcp_tool_use'],
    weakness: () => null,
  },
}

/** The first version of Claude Code of which it was seen that `onFailure` holds. */
const CLAUDE_CODE = [2, 1, 329]

function isNewEnough(version: Value | undefined): boolean {
  if (typeof version !== 'string' || !/^\d+\.\d+\.\d+$/.test(version)) return false
  const parts = version.split('.').map(Number)
  const at = [0, 1, 2].find((place) => parts[place] !== CLAUDE_CODE[place])
  return at === undefined || (parts[at] ?? 0) > (CLAUDE_CODE[at] ?? 0)
}

/** Whether there are hooks by which Writ could govern it. */
export const isGovernable = (client: InventoryClient): boolean => BEFORE[client] !== undefined

/**
 * What the files of a machine say about how far Writ governs a client. It reads and proves nothing: that a hook really stops an action
 * is seen by letting it, which is what `writ hooks doctor` does.
 */
export function governanceOf(client: InventoryClient, standing: Standing): Judgement {
  const before = BEFORE[client]
  if (before === undefined)
    return ungoverned('it has no hooks that Writ knows: only what goes through a gateway is seen')
  const hooks = standing.hooks.filter(({ isWrit, event }) => isWrit && before.test(event))
  const managed = hooks.filter(({ scope }) => scope === 'managed')
  if (managed.length > 0) return managedJudgement(client, standing, managed)
  const own = hooks.filter(({ scope }) => scope === 'user' || scope === 'plugin')
  if (own.length > 0) return userJudgement(standing, own)
  return ungoverned(
    hooks.length > 0 ? 'hooks of Writ are in some workspaces only' : 'no hook of Writ is installed for it',
  )
}

function managedJudgement(
  client: InventoryClient,
  standing: Standing,
  hooks: readonly StandingHook[],
): Judgement {
  const weaknesses = hooks.map((hook) => weaknessOf(client, standing, hook))
  const sound = hooks.filter((_, at) => weaknesses[at] === null)
  const unheard = ENFORCED[client]?.events.find((event) => !sound.some((hook) => isOf(hook, event)))
  if (sound.length > 0 && unheard === undefined)
    return { governance: 'enforce', reason: 'managed hooks, in files that only an admin can change' }
  const [reason = null] = weaknesses.filter((weakness) => weakness !== null)
  if (reason === MISSING) return ungoverned(MISSING)
  return observed(reason ?? `its managed hooks do not hear all of ${unheard}`)
}

/** Copilot has two spellings of its events. */
const isOf = ({ event }: StandingHook, wanted: string): boolean =>
  event === wanted || event.toLowerCase() === wanted.toLowerCase()

const MISSING = 'the program of its hook is not there'

/** null: it holds against its user. */
function weaknessOf(client: InventoryClient, standing: Standing, hook: StandingHook): string | null {
  if (hook.program === 'missing') return MISSING
  const demand = ENFORCED[client]
  if (demand === undefined) return 'this client lets its user turn managed hooks off'
  return looseness(hook) ?? demand.weakness(standing, hook)
}

/** Who else could take the hook away, or get past it. */
function looseness({ isFileProtected, program, hearsAll, event }: StandingHook): string | null {
  if (isFileProtected === null) return 'who can change its managed file cannot be told on this platform'
  if (!isFileProtected) return 'others than an admin can change its managed file'
  if (program !== 'protected') return 'others than an admin can replace the program of its hook'
  return hearsAll ? null : `its managed hooks do not hear all of ${event}`
}

function userJudgement({ isSwitchedOff }: Standing, hooks: readonly StandingHook[]): Judgement {
  if (isSwitchedOff) return ungoverned('its settings switch hooks off')
  if (hooks.every(({ program }) => program === 'missing')) return ungoverned(MISSING)
  return observed('its hooks are in files of the user, who can remove them, and so can the agent')
}

const ungoverned = (reason: string): Judgement => ({ governance: 'ungoverned', reason })
const observed = (reason: string): Judgement => ({ governance: 'observe', reason })
