import { ConfigError } from '@writ/runtime'
import { CommanderError } from 'commander'
import type { CliConfig } from './config.ts'
import { cliConfig } from './config.ts'
import type { ExitCode } from './failure.ts'
import { EXIT, Failure } from './failure.ts'
import { jsonWanted, programOf } from './program.ts'
import type { Terminal } from './terminal.ts'

/** Runs one `writ` command line. @returns its exit code */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  const terminal = jsonWanted(argv)
  try {
    return await runWith(cliConfig(), argv, terminal)
  } catch (error) {
    return explain(error, terminal)
  }
}

async function runWith(config: CliConfig, argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok
  const program = programOf(config, async (work) => {
    exitCode = await work(terminal)
  })
  await program.parseAsync([...argv])
  return exitCode
}

function explain(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.misuse
  const failure = failureOf(error)
  if (terminal.json) terminal.out(JSON.stringify({ error: failure.message, remedy: failure.remedy }))
  else terminal.note(`writ: ${failure.message}\n${failure.remedy}`)
  return failure.exitCode
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof ConfigError) return new Failure(error.message, 'Correct these environment variables.')
  const message = error instanceof Error ? error.message : String(error)
  return new Failure(
    message,
    'This is a fault of writ itself; please report it with the command that you ran.',
    EXIT.unavailable,
  )
}
