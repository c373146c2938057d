import { randomBytes } from 'node:crypto'
import { open, readFile, rm, stat } from 'node:fs/promises'
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

/** Runs one after the other what several processes of this machine want to do with the same thing. @throws Failure when it takes too long */
export async function underLock<T>(
  path: string,
  work: () => Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  await take(path, Date.now() + patienceMs)
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function take(path: string, deadlineMs: number): Promise<void> {
  while (!(await isTaken(path))) {
    if (Date.now() > deadlineMs) throw held(path)
    if (await isAbandoned(path)) await clear(path)
    else await sleep(20 + Math.random() * 30)
  }
}

/** Making a file that must not be there yet: of many who try, one does it. */
async function isTaken(path: string): Promise<boolean> {
  const holder = { pid: process.pid, host: hostname(), mark: randomBytes(6).toString('hex') }
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(JSON.stringify(holder))
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/**
 * A lock that nobody will give back: its process is gone. Only one process at a time may clear one away, and it looks again before it does:
 * so what it removes is what it saw, and not a lock that another has taken since.
 */
async function clear(path: string): Promise<void> {
  const broom = `${path}.clearing`
  if (!(await isTaken(broom))) {
    if (await isAbandoned(broom)) await rm(broom, { force: true })
    await sleep(20)
    return
  }
  try {
    if (await isAbandoned(path)) await rm(path, { force: true })
  } finally {
    await rm(broom, { force: true })
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

const held = (path: string): Failure =>
  new Failure(
    'another writ has been busy with this profile for too long',
    `Wait for it, or end it. If there is none, remove ${path}.`,
    EXIT.unavailable,
  )
