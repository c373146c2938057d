import { randomBytes } from 'node:crypto'
import { open, readFile, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { EXIT, Failure } from './failure.ts'
import { codeOf } from './private-file.ts'

/** Longest wait for another process, and the age at which a lock counts as left behind whoever holds it. */
const PATIENCE_MS = 90_000
const ABANDONED_MS = 300_000

/** Who holds a lock. The mark tells one holding from the next. */
const Holder = z.strictObject({ pid: z.int().positive(), host: z.string(), mark: z.string() })

/** Work that may take long asks this before each step that must not be done by two: the lock counts from then on anew. @throws Failure where it is lost */
export type StillHeld = () => Promise<void>

/** Runs one after the other what several processes of this machine want to do with the same thing. @throws Failure when it takes too long */
export async function underLock<T>(
  path: string,
  work: (stillHeld: StillHeld) => Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const mark = await take(path, Date.now() + patienceMs)
  try {
    return await work(() => renew(path, mark))
  } finally {
    await giveBack(path, mark)
  }
}

async function take(path: string, deadlineMs: number): Promise<string> {
  for (;;) {
    const mark = await taken(path)
    if (mark !== null) return mark
    if (Date.now() > deadlineMs) throw held(path)
    if (await isAbandoned(path)) await clear(path)
    else await sleep(20 + Math.random() * 30)
  }
}

/** One that counts as left behind may be taken at any moment, and is lost before it is. */
async function renew(path: string, mark: string): Promise<void> {
  const [text, age] = await Promise.all([readFile(path, 'utf8').catch(() => ''), ageMs(path)])
  if (holderIn(text)?.mark !== mark || age === null || age > ABANDONED_MS) throw lost()
  const now = new Date()
  await utimes(path, now, now)
}

/** Work that took too long counted as left behind: the lock of who came then is not ours to give back. */
async function giveBack(path: string, mark: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '')
  if (holderIn(text)?.mark === mark) await rm(path, { force: true })
}

/** Making a file that must not be there yet: of many who try, one does it. @returns its mark; null where somebody else has it */
async function taken(path: string): Promise<string | null> {
  const mark = randomBytes(6).toString('hex')
  const holder = { pid: process.pid, host: hostname(), mark }
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(JSON.stringify(holder))
    } finally {
      await file.close()
    }
    return mark
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return null
    throw error
  }
}

/**
 * A lock that nobody will give back: its process is gone. Only one process at a time may clear one away, and it looks again before it does:
 * so what it removes is what it saw, and not a lock that another has taken since.
 */
async function clear(path: string): Promise<void> {
  const broom = `${path}.clearing`
  const mark = await taken(broom)
  if (mark === null) {
    if (await isAbandoned(broom)) await rm(broom, { force: true })
    await sleep(20)
    return
  }
  try {
    if (await isAbandoned(path)) await rm(path, { force: true })
  } finally {
    await giveBack(broom, mark)
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const [text, age] = await Promise.all([readFile(path, 'utf8').catch(() => null), ageMs(path)])
  if (text === null || age === null) return false
  if (age > ABANDONED_MS) return true
  const holder = holderIn(text)
  // Between making the file and writing in it lie microseconds; a file that stays empty was left by a crash.
  if (holder === null) return age > 2_000
  return holder.host === hostname() && !isAlive(holder.pid)
}

const ageMs = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => null,
  )

function holderIn(text: string): z.infer<typeof Holder> | null {
  try {
    return Holder.parse(JSON.parse(text))
  } catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

const lost = (): Failure =>
  new Failure(
    'this took so long that another writ may have gone on in its place',
    'Nothing more was written. Run the command again.',
    EXIT.unavailable,
  )

const held = (path: string): Failure =>
  new Failure(
    'another writ has been busy with this profile for too long',
    `Wait for it, or end it. If there is none, remove ${path}.`,
    EXIT.unavailable,
  )
