import { CommanderError } from 'commander'
import type { ExitCode } from './failure.ts'
import { EXIT, Failure } from './failure.ts'
import type { Terminal } from './terminal.ts'

/** Tells at the terminal why a command failed. @returns its exit code */
export function explain(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
  const failure = failureOf(error)
  if (terminal.json) terminal.out(JSON.stringify({ error: failure.message, remedy: failure.remedy }))
  else terminal.note(`writ: ${failure.message}\n${failure.remedy}`)
  return failure.exitCode
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof CommanderError) return misuse(error)
  const message = error instanceof Error ? error.message : String(error)
  // by its name: what reads configuration is large, and not every command needs it
  if (error instanceof Error && error.name === 'ConfigError')
    return new Failure(message, 'Correct these environment variables.')
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
