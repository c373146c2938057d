import type { Json } from '@writ/contracts'

/** Where a command writes. stdout carries the result and nothing else, so that `--json` can be piped. */
export type Terminal = {
  readonly json: boolean
  readonly out: (text: string) => void
  readonly note: (text: string) => void
}

export const terminalOf = (json: boolean): Terminal => ({
  json,
  out: (text) => process.stdout.write(`${text}\n`),
  note: (text) => process.stderr.write(`${text}\n`),
})

/** Prints one result: as JSON when asked for, else as text. */
export function show(terminal: Terminal, value: Json | object, text: string): void {
  terminal.out(terminal.json ? JSON.stringify(value) : text)
}
