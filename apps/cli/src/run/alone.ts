import { homedir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { explain } from '../explain.ts'
import { addRunCommands } from '../run-program.ts'
import type { Outside } from '../terminal.ts'
import { isJsonWanted, terminalOf } from '../terminal.ts'

/**
 * `writ run` without the other commands: what they load would be waited for by every agent that is started. The words, options and answers
 * are those of the whole program. @returns the exit code
 */
export async function runAlone(argv: readonly string[], outside: Outside = process): Promise<number> {
  const split = argv.indexOf('--')
  const terminal = terminalOf(isJsonWanted(split < 0 ? argv : argv.slice(0, split)), outside)
  const program = new Command('writ').exitOverride().configureOutput({
    writeOut: (text) => terminal.out(text.trimEnd()),
    writeErr: (text) => (terminal.json ? undefined : terminal.note(text.trimEnd())),
    outputError: () => undefined,
  })
  let exitCode = 0
  const home = outside.env['WRIT_HOME'] ?? join(homedir(), '.writ')
  const finish = async (work: (on: typeof terminal) => Promise<number>): Promise<void> => {
    exitCode = await work(terminal)
  }
  addRunCommands(program, { WRIT_HOME: home }, finish, async () => outside.env)
  for (const command of program.commands) command.option('--json', 'print the result as JSON', false)
  try {
    await program.parseAsync([...argv])
    return exitCode
  } catch (error) {
    return explain(error, terminal)
  }
}
