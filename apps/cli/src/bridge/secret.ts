import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Failure } from '../failure.ts'
import { codeOf, readPrivate, writePrivate } from '../private-file.ts'

const LEAST_CHARACTERS = 32

/** The secret that every request has to show: from its file, made at the first start. @throws Failure where it can be read by others, or is short */
export async function openSecret(
  path: string,
): Promise<{ readonly secret: string; readonly isNew: boolean }> {
  const known = await readPrivate(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  })
  if (known === null) {
    const secret = randomBytes(32).toString('base64url')
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writePrivate(path, `${secret}\n`)
    return { secret, isNew: true }
  }
  const secret = known.trim()
  if (secret.length < LEAST_CHARACTERS)
    throw new Failure(
      `${path} holds less than ${LEAST_CHARACTERS} characters`,
      'Remove it: the next start makes one.',
    )
  return { secret, isNew: false }
}

/** Whether one of the fields of a request says the secret: `Authorization: Bearer …` or `X-Api-Key: …`. */
export function createDoor(secret: string): (fields: Fields) => boolean {
  const expected = hashOf(secret)
  return ({ authorization = '', 'x-api-key': key }) => {
    const said = typeof key === 'string' ? key : (/^Bearer (.+)$/i.exec(authorization)?.[1] ?? '')
    return timingSafeEqual(hashOf(said), expected)
  }
}

type Fields = {
  readonly authorization?: string | undefined
  readonly 'x-api-key'?: string | string[] | undefined
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()
