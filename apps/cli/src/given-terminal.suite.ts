import { PassThrough, Readable, Writable } from 'node:stream'
import type { JsonObject } from '@writ/contracts'
import { JsonObjectSchema } from '@writ/contracts'
import { run } from './index.ts'
import type { Keychain } from './keys/keychain.ts'

export type Ran = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** Runs one command line in this process, with pipes in place of the terminal, and away from the keychain of who runs the test. */
export async function writ(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdin: Readable = Readable.from([]),
  keychain: Keychain | null = null,
): Promise<Ran> {
  const [stdout, stderr] = [collector(), collector()]
  const outside = {
    env: { WRIT_HOME: '/nowhere', ...env },
    stdin,
    stdout: stdout.pipe,
    stderr: stderr.pipe,
    openKeychain: () => Promise.resolve(keychain),
  }
  const exitCode = await run(['node', 'writ', ...args], outside)
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() }
}

/** @throws when the text is not one JSON object */
export const objectIn = (text: string): JsonObject => JsonObjectSchema.parse(JSON.parse(text))

export function collector(): { readonly pipe: Writable; readonly text: () => string } {
  const pipe = new PassThrough()
  const chunks: Buffer[] = []
  pipe.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { pipe, text: () => Buffer.concat(chunks).toString() }
}
