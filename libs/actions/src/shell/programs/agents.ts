import { lineOf, type Call, type Program } from '../call.ts'
import { possible, sure } from '../state.ts'

/** Coding agents that an agent starts: what they do passes by a hook of their own, or by none. */
export const AGENTS: Readonly<Record<string, Program>> = Object.fromEntries(
  [
    'claude',
    'codex',
    'gemini',
    'opencode',
    'copilot',
    'cursor-agent',
    'aider',
    'goose',
    'amp',
    'crush',
    'qwen',
    'q',
    'kiro',
    'kiro-cli',
    'droid',
    'auggie',
    'devin',
    'cline',
    'openclaw',
    'windsurf',
    'kimi',
    'grok',
    'plandex',
    'openhands',
    'mentat',
    'sgpt',
  ].map((name) => [name, agent]),
)

/** Options that take the hooks, the questions or the sandbox away. */
const UNWATCHED =
  /--(?:bare|dangerously[\w-]*|skip-permissions|safe-mode|setting-sources|settings|allowed-?tools|permission-mode|yolo|pure|disable|full-auto|no-hooks|no-verify|allow-all[\w-]*|allow-tool|approval-mode|approval-policy|ask-for-approval|auto-approve|force|yes(?:-always)?|add-dir|mcp-config|plugin-dir|config|sandbox|profile|trust|no-sandbox|agent-file|autonomy|bypass[\w-]*|simple|allow-dangerously[\w-]*|system-prompt[\w-]*)\b|(?:^| )-(?:y|a|c|s|f)(?: |$)|danger-full-access|hooks=false|bypassPermissions/
const LOOKS =
  /^(?:--?(?:version|help|v|h)|(?:mcp|plugin|config) (?:list|ls|get)\b.*|doctor|update|help|status|auth status|login status|completion\b.*)$/
const CHANGES =
  /^(?:mcp|plugin|extensions?|config|hooks?|skills?) (?:add|install|remove|rm|set|enable|disable|uninstall|marketplace|add-json|import|link)\b/

function agent(call: Call): undefined {
  const line = lineOf(call.args)
  if (LOOKS.test(line)) return
  if (CHANGES.test(line))
    possible(call.state, 'guard_tamper', call.name, `${call.name} is given other tools or settings`)
  if (UNWATCHED.test(line))
    sure(call.state, 'guard_tamper', call.name, `starts ${call.name} without its safeguards`)
  else possible(call.state, 'guard_tamper', call.name, `starts another agent, ${call.name}`)
}
