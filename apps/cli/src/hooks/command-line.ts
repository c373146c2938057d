import type { HookProgram } from './hook-file.ts'
import type { Platform } from './places.ts'

/** How a shell of the platform starts the hook client for one agent's client. */
export const shellLine = (hook: HookProgram, client: string, platform: Platform): string =>
  [...hook, client].map(platform === 'win32' ? quotedForCmd : quotedForSh).join(' ')

export const powershellLine = (hook: HookProgram, client: string): string =>
  `& ${[...hook, client].map((word) => `'${word.replaceAll("'", "''")}'`).join(' ')}`

const quotedForSh = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** No file name of Windows has a quotation mark. */
const quotedForCmd = (word: string): string => (/^[\w.:/\\-]+$/.test(word) ? word : `"${word}"`)
