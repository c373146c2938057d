import { ConfigError } from '@writ/runtime'
import { CommanderError } from 'commander'
import { cliConfig } from './config.ts'
import type { ExitCode } from './failure.ts'
import { EXIT, Failure } from './failure.ts'
import { programOf } from './program.ts'
import type { Outside, Terminal } from './terminal.ts'
import { isJsonWanted, terminalOf } from './terminal.ts'

/** Runs one `writ` command line. @returns its exit code */
export async function run(argv: readonly string[], outside: Outside = process): Promise<ExitCode> {
  const terminal = terminalOf(isJsonWanted(argv), outside)
  try {
    return await runWith(argv, outside, terminal)
  } catch (error) {
    return explain(error, terminal)
  }
}

async function runWith(argv: readonly string[], { env }: Outside, terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok
  const program = programOf(cliConfig(env), terminal, async (work) => {
    exitCode = await work(terminal)
  })
  await program.parseAsync([...argv])
  return exitCode
}

function explain(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
  const failure = failureOf(error)
  if (terminal.json) terminal.out(JSON.stringify({ error: failure.message, remedy: failure.remedy }))
  else terminal.note(`writ: ${failure.message}\n${failure.remedy}`)
  return failure.exitCode
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof CommanderError) return misuse(error)
  if (error instanceof ConfigError) return new Failure(error.message, 'Correct these environment variables.')
  const message = error instanceof Error ? error.message : String(error)
  return new Failure(
    message,
    'This is a fault of writ itself; please report it with the command that you ran.',
    EXIT.fault,
  )
}

function misuse({ code, message }: CommanderError): Failure {
  const text = code === 'commander.help' ? 'no command was given' : message.replace(/^error: /, '')
  return new Failure(text, 'Run `writ --help`, or `writ <command> --help`, to see what there is.')
}
