import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readPrivate, writePrivate } from '../private-file.ts'

/**
 * What hashes of secrets are salted with on this machine, always the same, so that a replaced secret shows as one. It never leaves the
 * machine. Where it cannot be kept it is another one each time.
 */
export async function openSalt(home: string): Promise<Uint8Array> {
  const path = join(home, 'scan.salt')
  const fresh = randomBytes(32)
  try {
    if (existsSync(path)) return Buffer.from(await readPrivate(path), 'base64url')
    if (existsSync(home)) await writePrivate(path, fresh.toString('base64url'))
    return fresh
  } catch {
    return fresh
  }
}
