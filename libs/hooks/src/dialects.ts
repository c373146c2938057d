import type { HookClient } from '@writ/contracts'
import { CLAUDE_CODE } from './clients/claude-code.ts'
import { CODEX } from './clients/codex.ts'
import { COPILOT_CLI } from './clients/copilot-cli.ts'
import { CURSOR } from './clients/cursor.ts'
import { GEMINI_CLI } from './clients/gemini-cli.ts'
import { OPENCODE } from './clients/opencode.ts'
import { VSCODE } from './clients/vscode.ts'
import { WINDSURF } from './clients/windsurf.ts'
import type { Dialect } from './dialect.ts'

/** Every client whose hooks we speak. The sandbox asks the daemon in its own process and has no hooks. */
export const DIALECTS: Readonly<Record<HookClient, Dialect | null>> = {
  'claude-code': CLAUDE_CODE,
  cursor: CURSOR,
  codex: CODEX,
  'gemini-cli': GEMINI_CLI,
  'copilot-cli': COPILOT_CLI,
  vscode: VSCODE,
  windsurf: WINDSURF,
  opencode: OPENCODE,
  sandbox: null,
}
