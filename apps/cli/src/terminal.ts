import type { Readable, Writable } from 'node:stream'
import type { Json } from '@writ/contracts'
import type { Environment } from '@writ/runtime'

/** The part of `process` that a command can touch. */
export type Outside = {
  readonly env: Environment
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
}

/** Where a command writes. stdout carries the result and nothing else, so that `--json` can be piped. */
export type Terminal = {
  readonly json: boolean
  readonly out: (text: string) => void
  readonly note: (text: string) => void
  /** raw, for the one command whose stdin and stdout speak a protocol */
  readonly pipes: () => { readonly input: Readable; readonly output: Writable }
}

export const isJsonWanted = (argv: readonly string[]): boolean => argv.includes('--json')

export const terminalOf = (json: boolean, outside: Outside): Terminal => ({
  json,
  out: (text) => outside.stdout.write(`${presentable(text)}\n`),
  note: (text) => outside.stderr.write(`${presentable(text)}\n`),
  // A getter of `process` opens the stream, so only who reads stdin asks for it.
  pipes: () => ({ input: outside.stdin, output: outside.stdout }),
})

/** Prints one result: as JSON when asked for, else as text. */
export function show(terminal: Terminal, value: Json | object, text: string): void {
  terminal.out(terminal.json ? JSON.stringify(value) : text)
}

/** Whatever a server, a file or a mistyped option put into a text: no secret of ours, and nothing that steers a terminal. */
const presentable = (text: string): string =>
  text.replaceAll(SECRET, (found) => `${found.slice(0, 4)}…`).replaceAll(STEERING, '�')

const SECRET = /\bw(?:en|ak)_[\w.-]+|-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*-----|$)/g
/** Control characters but the line feed, and the marks that reorder text. */
const STEERING = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
