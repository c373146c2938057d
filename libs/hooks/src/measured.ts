import type { HookClient } from '@writ/contracts'
import type { HookReply } from './event.ts'

/**
 * What the clients do with what a hook answers before an action: measured with the real programs (Claude Code 2.1.329, Codex 0.169,
 * Gemini CLI 0.61, Copilot CLI 1.0.102) or documented (Cursor). `runs`: the action happens. A client that is not named was not measured.
 */
export type Behaviour = 'runs' | 'blocked' | 'denied' | 'hangs' | 'not enforced'
export type MeasuredRow = {
  readonly answer: string
  readonly is: (reply: HookReply) => boolean
  readonly behaviour: Readonly<Partial<Record<HookClient, Behaviour>>>
}

const everywhere = (behaviour: Behaviour): MeasuredRow['behaviour'] => ({
  'claude-code': behaviour,
  codex: behaviour,
  'gemini-cli': behaviour,
  'copilot-cli': behaviour,
  cursor: behaviour,
})

export const MEASURED: readonly MeasuredRow[] = [
  {
    answer: 'exit 2, text on stderr',
    is: ({ exit, stderr }) => exit === 2 && stderr.trim() !== '',
    behaviour: everywhere('blocked'),
  },
  {
    answer: 'exit 2, nothing on stderr',
    is: ({ exit, stderr }) => exit === 2 && stderr.trim() === '',
    behaviour: { ...everywhere('blocked'), codex: 'runs', 'gemini-cli': 'runs' },
  },
  {
    answer: 'exit 0, JSON deny without a reason',
    is: (reply) => reply.exit === 0 && saysOf(reply) === 'deny' && reasonOf(reply) === '',
    behaviour: { 'claude-code': 'blocked', codex: 'runs', cursor: 'blocked' },
  },
  {
    answer: 'exit 1, killed by a signal, no such program, or too slow',
    is: ({ exit }) => exit !== 0 && exit !== 2,
    behaviour: { ...everywhere('runs'), 'copilot-cli': 'blocked' },
  },
  {
    answer: 'exit 0, plain text or truncated JSON',
    is: (reply) => reply.exit === 0 && reply.stdout !== '' && jsonOf(reply) === null,
    behaviour: { ...everywhere('runs'), cursor: 'blocked' },
  },
  {
    answer: 'exit 0, a decision that the client does not know',
    is: (reply) => reply.exit === 0 && saysOf(reply) === 'unknown',
    behaviour: { ...everywhere('runs'), cursor: 'blocked' },
  },
  {
    answer: 'exit 0, JSON ask, nobody before the client',
    is: (reply) => reply.exit === 0 && saysOf(reply) === 'ask',
    behaviour: {
      'claude-code': 'denied',
      codex: 'runs',
      'gemini-cli': 'hangs',
      'copilot-cli': 'denied',
      cursor: 'not enforced',
    },
  },
]

function jsonOf({ stdout }: HookReply): Readonly<Record<string, unknown>> | null {
  try {
    const json: unknown = JSON.parse(stdout)
    return isRecord(json) ? json : null
  } catch {
    return null
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every place in which one of the clients looks for a decision. */
const DECISIONS = ['decision', 'permissionDecision', 'permission', 'behavior'] as const
const REASONS = ['reason', 'permissionDecisionReason', 'user_message', 'message'] as const

function saysOf(reply: HookReply): 'allow' | 'deny' | 'ask' | 'unknown' | null {
  const said = membersOf(reply, DECISIONS)[0]
  if (said === undefined) return null
  if (said === 'block' || said === 'deny') return 'deny'
  return said === 'allow' || said === 'ask' ? said : 'unknown'
}

const reasonOf = (reply: HookReply): string => membersOf(reply, REASONS)[0]?.trim() ?? ''

function membersOf(reply: HookReply, names: readonly string[]): readonly string[] {
  const json = jsonOf(reply) ?? {}
  const specific = isRecord(json['hookSpecificOutput']) ? json['hookSpecificOutput'] : {}
  const inner = isRecord(specific['decision']) ? specific['decision'] : {}
  return [json, specific, inner]
    .flatMap((holder) => names.map((name) => holder[name]))
    .filter((value) => typeof value === 'string')
}
