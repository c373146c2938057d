import { HookClient } from '@writ/contracts'
import type { JsonObject } from '@writ/contracts'

/**
 * A deny that a client takes whichever of its events it answers. The hook client says it when the daemon says nothing: it does not read
 * the event. Claude Code and Codex refuse an answer as a whole that names another event, or has a member too many, and go on.
 */
export function denialOf(client: HookClient, reason: string): JsonObject {
  return FALLBACKS[client].deny(reason)
}

/** What lets every event of a client pass, for a hook client that only observes and gets no answer. */
export function passOf(client: HookClient): JsonObject {
  return FALLBACKS[client].pass
}

/** Everything that may stand before a payload; `sandbox` asks inside the daemon and has no hook client. */
export const HOOK_CLIENTS = HookClient.options.filter((client) => client !== 'sandbox')

/** What the JSON says when there is no answer; stderr says why there is none. */
export const NO_ANSWER = 'Writ: there is no answer from the daemon of this machine, so nothing may happen'

/** The table that is compiled into `native/writ-hook`. */
export function fallbackHeader(): string {
  const rows = HOOK_CLIENTS.map((client) => {
    const [deny, pass] = [denialOf(client, NO_ANSWER), passOf(client)].map((json) =>
      quoted(JSON.stringify(json)),
    )
    return `    {${quoted(client)},\n     ${deny},\n     ${pass}},`
  })
  return [
    '/* Made from libs/hooks/src/fallback.ts by `node libs/hooks/golden/write.mjs`; a spec holds that it is current. */',
    'static const struct client {',
    '    const char *name, *deny, *pass;',
    '} CLIENTS[] = {',
    ...rows,
    '};',
    '',
  ].join('\n')
}

/** All of it is ASCII, for which JSON and C quote alike. */
const quoted = (text: string): string => JSON.stringify(text)

const NOTHING: JsonObject = {}
const block = (reason: string): JsonObject => ({ decision: 'block', reason })
const deny = (reason: string): JsonObject => ({ decision: 'deny', reason })

const FALLBACKS: Readonly<
  Record<HookClient, { readonly deny: (reason: string) => JsonObject; readonly pass: JsonObject }>
> = {
  'claude-code': { deny: block, pass: NOTHING },
  codex: { deny: block, pass: NOTHING },
  vscode: {
    deny: (reason) => ({
      ...block(reason),
      hookSpecificOutput: {
        hookEventName: 'PreToolUse',
        permissionDecision: 'deny',
        permissionDecisionReason: reason,
      },
    }),
    pass: NOTHING,
  },
  'gemini-cli': { deny, pass: NOTHING },
  'copilot-cli': {
    deny: (reason) => ({
      permissionDecision: 'deny',
      permissionDecisionReason: reason,
      behavior: 'deny',
      message: reason,
    }),
    pass: NOTHING,
  },
  cursor: {
    deny: (reason) => ({
      permission: 'deny',
      continue: false,
      user_message: reason,
      agent_message: reason,
    }),
    pass: { permission: 'allow', continue: true },
  },
  windsurf: { deny, pass: NOTHING },
  opencode: { deny, pass: { decision: 'allow' } },
  sandbox: { deny, pass: { decision: 'allow' } },
}
