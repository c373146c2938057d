/**
 * Exit codes of every `writ` command.
 * 0 it is so · 1 the answer is no (records do not verify, the call would be denied) · 2 the command was misused ·
 * 3 a server said no or was not there · 4 a fault of writ itself
 */
export const EXIT = { ok: 0, no: 1, misuse: 2, unavailable: 3, fault: 4 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A failure that the person at the terminal can act on: what is wrong, and what to do. */
export class Failure extends Error {
  readonly exitCode: ExitCode
  readonly remedy: string
  constructor(message: string, remedy: string, exitCode: ExitCode = EXIT.misuse) {
    super(message)
    this.remedy = remedy
    this.exitCode = exitCode
  }
}
