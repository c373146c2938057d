import type { ClientRow, GovernedClient } from './hook-file.ts'
import { claudeCode } from './clients/claude-code.ts'
import { codex } from './clients/codex.ts'
import { copilotCli } from './clients/copilot-cli.ts'
import { cursor } from './clients/cursor.ts'
import { geminiCli } from './clients/gemini-cli.ts'
import { opencode } from './clients/opencode.ts'
import { vscode } from './clients/vscode.ts'
import { windsurf } from './clients/windsurf.ts'

/** Every client that we know how to govern by its own hooks. */
export const CLIENTS: readonly ClientRow[] = [
  claudeCode,
  cursor,
  codex,
  geminiCli,
  copilotCli,
  vscode,
  windsurf,
  opencode,
]

export const CLIENT_NAMES: readonly GovernedClient[] = CLIENTS.map(({ client }) => client)
