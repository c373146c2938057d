import { chmod, lstat, rm } from 'node:fs/promises'
import type { Server } from 'node:net'
import { createConnection } from 'node:net'
import { EXIT, Failure } from '../../failure.ts'
import { underLock } from '../../lock.ts'
import { codeOf } from '../../private-file.ts'

/** Longest path of a socket, in bytes: what a system does not take whole it may cut. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103
const PATIENCE_MS = 10_000
const ANSWER_MS = 1000

/** What stands at a path: a file system tells two sockets of one name apart. */
export type Place = { readonly device: number; readonly inode: number }

/**
 * Listens on a socket that nobody else serves. What a daemon that was killed left behind is taken over; whoever answers on it is not.
 * @throws Failure where the place is taken
 */
export async function takePlace(server: Server, path: string): Promise<Place> {
  if (Buffer.byteLength(path) > LONGEST_PATH)
    throw new Failure(`${path} is too long for the path of a socket`, 'Set WRIT_HOME to a shorter one.')
  return underLock(
    `${path}.lock`,
    async () => {
      await makeRoom(path)
      await listen(server, path)
      await chmod(path, 0o600)
      const place = await placeAt(path)
      if (place === null) throw new Failure(`${path} was taken away at once`, 'Who does that?')
      return place
    },
    PATIENCE_MS,
  )
}

async function makeRoom(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => null)
  if (stats === null) return
  if (!stats.isSocket() || stats.uid !== process.getuid?.()) throw foreign(path)
  if (await doesAnswer(path)) throw taken(path)
  await rm(path, { force: true })
}

/** Null where there is nothing. */
export const placeAt = (path: string): Promise<Place | null> =>
  lstat(path).then(
    ({ dev, ino }) => ({ device: dev, inode: ino }),
    () => null,
  )

/** What connecting says where nobody listens any more. */
const ABSENT: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT'])

function doesAnswer(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
    const done = (answers: boolean) => {
      socket.destroy()
      resolve(answers)
    }
    socket.once('connect', () => done(true))
    // Whoever is stopped, or has no time, answers nobody, and is there all the same.
    socket.once('error', (error) => done(!ABSENT.has(codeOf(error) ?? '')))
    socket.setTimeout(ANSWER_MS, () => done(true))
  })
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

const taken = (path: string): Failure =>
  new Failure(
    `another program answers on ${path}`,
    'If it is a daemon of yours, `writ daemon status` says so. If it is not, find out whose it is: hook clients believe it.',
    EXIT.no,
  )

const foreign = (path: string): Failure =>
  new Failure(
    `${path} is no socket of this user`,
    'Remove it. Until then hook clients are not answered, and deny.',
    EXIT.no,
  )
