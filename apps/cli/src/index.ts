import { cliConfig } from './config.ts'
import { explain } from './explain.ts'
import { EXIT } from './failure.ts'
import { programOf } from './program.ts'
import type { Outside, Terminal } from './terminal.ts'
import { isJsonWanted, terminalOf } from './terminal.ts'

/** Runs one `writ` command line. @returns its exit code */
export async function run(argv: readonly string[], outside: Outside = process): Promise<number> {
  const terminal = terminalOf(isJsonWanted(argv), outside)
  try {
    return await runWith(argv, outside, terminal)
  } catch (error) {
    return explain(error, terminal)
  }
}

async function runWith(argv: readonly string[], { env }: Outside, terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.ok
  const program = programOf(cliConfig(env), terminal, async (work) => {
    exitCode = await work(terminal)
  })
  await program.parseAsync([...argv])
  return exitCode
}
