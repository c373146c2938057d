import type { Log } from '@writ/runtime'
import { codeOf } from './error-code.ts'

/** Reports what somebody must look at, without what an error may carry: a failed query names its parameters. */
export class Faults {
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  report(what: string, error: unknown): void {
    this.#log.error({ fault: faultOf(error) }, what)
  }
}

function faultOf(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { name: typeof error }
  return { name: error.name, code: codeOf(error), at: framesOf(error) }
}

const framesOf = ({ stack = '' }: Error): string =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .join('\n')
