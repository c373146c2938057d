import type { Readable, Writable } from 'node:stream'
import type { Json } from '@writ/contracts'
import type { Environment } from '@writ/runtime'
import type { AskSecret } from './ask-secret.ts'
import { askSecretAt } from './ask-secret.ts'
import type { Keychain } from './keys/keychain.ts'
import { openKeychain } from './keys/keychain.ts'

/** The part of `process` that a command can touch. */
export type Outside = {
  readonly env: Environment
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** the keychain of the user; that of the operating system when left out */
  readonly openKeychain?: () => Promise<Keychain | null>
}

/** Where a command writes, and what it can ask of who sits there. stdout carries the result and nothing else, so that `--json` can be piped. */
export type Terminal = {
  readonly json: boolean
  readonly out: (text: string) => void
  readonly note: (text: string) => void
  /** raw, for the one command whose stdin and stdout speak a protocol */
  readonly pipes: () => { readonly input: Readable; readonly output: Writable }
  /** null where nobody sits at it */
  readonly askSecret: () => AskSecret | null
  /** null where there is none */
  readonly openKeychain: () => Promise<Keychain | null>
}

export const isJsonWanted = (argv: readonly string[]): boolean => argv.includes('--json')

export const terminalOf = (json: boolean, outside: Outside): Terminal => ({
  json,
  out: (text) => outside.stdout.write(`${presentable(text)}\n`),
  note: (text) => outside.stderr.write(`${presentable(text)}\n`),
  // A getter of `process` opens the stream, so only who reads stdin asks for it.
  pipes: () => ({ input: outside.stdin, output: outside.stdout }),
  askSecret: () => askSecretAt(outside.stdin, outside.stderr),
  openKeychain: outside.openKeychain ?? openKeychain,
})

/** Prints one result: as JSON when asked for, else as text. */
export function show(terminal: Terminal, value: Json | object, text: string): void {
  terminal.out(terminal.json ? JSON.stringify(value) : text)
}

/** Whatever a server, a file or a mistyped option put into a text: no secret of ours, and nothing that steers a terminal. */
const presentable = (text: string): string =>
  text.replaceAll(SECRET, (found) => `${found.slice(0, 4)}…`).replaceAll(STEERING, '�')

/** Tokens and keys of this platform, private keys, and whatever is signed or sealed as a JWT. */
const SECRET =
  /\bw(?:en|ak)_[\w.-]+|\beyJ[\w-]+\.[\w-]+\.[\w.-]+|-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*-----|$)/g
/** Control characters but the line feed, and the marks that reorder text. */
const STEERING = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
