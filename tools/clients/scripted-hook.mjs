// Hooks that misbehave: programs in place of the hook client, each of which answers one thing before the forbidden command.

/** What each client reads as a decision. */
const DIALECTS = {
  'claude-code': nested,
  codex: nested,
  'gemini-cli': (decision, reason) => ({ decision, ...(reason && { reason }) }),
  'copilot-cli': (permissionDecision, permissionDecisionReason) => ({
    permissionDecision,
    ...(permissionDecisionReason && { permissionDecisionReason }),
  }),
  opencode: (decision, reason) => ({ decision, ...(reason && { reason }) }),
}

function nested(permissionDecision, permissionDecisionReason) {
  const more = permissionDecisionReason === undefined ? {} : { permissionDecisionReason }
  return { hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision, ...more } }
}

export const REASON = 'writ says that this file is forbidden'

const say = (said) => `printf '%s' ${quoted(JSON.stringify(said))}`
const explain = `echo ${quoted(REASON)} >&2`

/** name, and the lines of a shell for the dialect of a client */
export const BEHAVIOURS = [
  ['all three: exit 2, stderr, JSON deny', (says) => [say(says('deny', REASON)), explain, 'exit 2']],
  ['exit 2, text on stderr', () => [explain, 'exit 2']],
  ['exit 2, nothing on stderr', () => ['exit 2']],
  ['exit 0, JSON deny with a reason', (says) => [say(says('deny', REASON)), 'exit 0']],
  ['exit 0, JSON deny without a reason', (says) => [say(says('deny')), 'exit 0']],
  ['exit 1', () => [explain, 'exit 1']],
  ['no such program', null],
  ['killed by a signal', () => ['kill -9 $$']],
  ['never answers', () => ['exec sleep 600']],
  ['exit 0, plain text', () => ['echo no', 'exit 0']],
  ['exit 0, JSON cut off', (says) => [`${say(says('deny', REASON))} | cut -c 1-20`, 'exit 0']],
  ['exit 0, a decision that nobody knows', (says) => [say(says('perhaps', REASON)), 'exit 0']],
  ['exit 0, JSON ask', (says) => [say(says('ask', REASON)), 'exit 0']],
]

/** The program; what is not about the forbidden command it lets pass. */
export function hookScript(client, lines) {
  const pass = client === 'opencode' ? [say({ decision: 'allow' })] : []
  return [
    '#!/bin/sh',
    'input=$(cat)',
    // The name of the file as it is heard by the room.
    'echo "$input" >> "$XDG_RUNTIME_DIR/heard.log" 2>/dev/null',
    'case "$input" in *FORBIDDEN*)',
    '  case "$input" in *PreToolUse*|*BeforeTool*|*tool.execute.before*)',
    ...lines(DIALECTS[client]).map((line) => `    ${line}`),
    '  ;; esac',
    ';; esac',
    ...pass,
    'exit 0',
    '',
  ].join('\n')
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`
}
