import { createHash } from 'node:crypto'
import { mkdir, open, readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { isHash } from '@writ/audit'
import type { TreeHead } from '@writ/audit'
import { z } from 'zod'
import { Failure } from '../failure.ts'
import { underLock } from '../lock.ts'
import { codeOf, readPrivate, writePrivate } from '../private-file.ts'

const Seen = z.strictObject({
  origin: z.string().min(1),
  size: z.int().nonnegative(),
  root: z.base64(),
  note: z.string(),
})

/** The newest checkpoint of a log that this witness cosigned. */
export type SeenLog = TreeHead & { readonly origin: string; readonly note: string }

/** What a witness remembers, on disk. Without it, it would cosign anything once more. */
export type WitnessMemory = {
  readonly last: (origin: string) => Promise<SeenLog | null>
  /** @param name SHA-256 of the origin, hex */
  readonly byName: (name: string) => Promise<SeenLog | null>
  /** Runs alone, in this process and in others on the same folder; `keep` is durable when it settles. */
  readonly change: <T>(work: (keep: (seen: SeenLog) => Promise<void>) => Promise<T>) => Promise<T>
  readonly count: () => Promise<number>
}

/** Longer than any checkpoint with its signatures; a file that is longer than 64 KiB would not be read again. */
const MAX_TEXT_BYTES = 32 * 1024

/** @param folder made where it is not there yet */
export async function openMemory(folder: string): Promise<WitnessMemory> {
  const logs = join(folder, 'logs')
  await mkdir(logs, { recursive: true, mode: 0o700 })
  // A folder lasts when the one above it knows of it: a crash must not leave the key without what was seen under it.
  for (const above of [folder, dirname(resolve(folder))]) await syncFolder(above)
  let turn: Promise<unknown> = Promise.resolve()
  const keep = async (seen: SeenLog) =>
    writePrivate(join(logs, `${nameOf(seen.origin)}.json`), boundedText(seen))
  const byName = (name: string) => readSeen(join(logs, `${name}.json`))
  return {
    last: (origin) => byName(nameOf(origin)),
    byName,
    change: (work) => {
      const mine = turn.then(() => underLock(join(folder, 'memory.lock'), () => work(keep)))
      turn = mine.catch(() => undefined)
      return mine
    },
    count: async () => (await readdir(logs)).filter((name) => name.endsWith('.json')).length,
  }
}

export const nameOf = (origin: string): string => createHash('sha256').update(origin).digest('hex')

const textOf = ({ origin, size, root, note }: SeenLog): string =>
  JSON.stringify({ origin, size, root: Buffer.from(root).toString('base64'), note })

/** @throws Failure for what could not be read again: what was seen before stays then */
function boundedText(seen: SeenLog): string {
  const text = textOf(seen)
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES)
    throw new Failure(
      'a checkpoint is too long to be remembered',
      'It was not cosigned. Ask who runs the log.',
    )
  return text
}

/** Some file systems, and Windows, have no such thing. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

/** Null only where there is no such file: damage is no reason to forget. @throws Failure where it cannot be read */
async function readSeen(path: string): Promise<SeenLog | null> {
  const text = await readPrivate(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const seen = Seen.safeParse(parsed(text)).data
  const root = Buffer.from(seen?.root ?? '', 'base64')
  if (seen === undefined || !isHash(root))
    throw new Failure(`${path} is damaged`, 'Put it back from a copy: a witness that forgets is none.')
  return { ...seen, root }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
