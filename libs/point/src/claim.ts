import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import type { Server } from 'node:net'
import { createConnection, createServer } from 'node:net'
import { join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A folder that is this process's alone. */
export type Claim = { readonly release: () => Promise<void> }

/** A folder cannot be had: the message names it, says why, and what to do. */
export class ClaimError extends Error {
  override readonly name = 'ClaimError'
}

/** Longest path of a socket that every system takes, in bytes: sun_path of unix(4) has 104 on macOS and 108 on Linux, with a zero at its end. */
const LONGEST_PATH = 103
const CLAIM = /^claim-[\w-]{8}$/
const TRIES = 15
const MOST_PAUSE_MS = 100

/**
 * Takes a folder for this process alone, until it is released or the process ends, however it ends. The folder is made where there is none.
 *
 * Each claimant has a Unix-domain socket of its own in the folder, and looks for others only after it listens. A socket is shown by its name
 * once it listens, and no name is used twice: so who does not answer is gone for good, and of two who come at once one at least sees the
 * other. Who sees another steps back, and tries again for a while: two who came at once may both have.
 *
 * It holds against whatever reaches the folder under one kernel, also from other containers and whatever pids they see, and against a
 * process that is stopped or dying: the kernel answers for it until its last file is closed. It does not hold against another machine on a
 * network file system, or a container with a kernel of its own: their sockets answer nobody elsewhere. Nor against who removes the socket.
 * @throws ClaimError where another process has the folder, or no socket can be made in it
 */
export async function claimFolder(folder: string): Promise<Claim> {
  const at = resolve(folder)
  await mkdir(at, { recursive: true, mode: 0o700 })
  for (let triesLeft = TRIES; ; triesLeft -= 1) {
    const own = await standUp(at)
    const other = await otherIn(at, own.name)
    if (other === null) return { release: own.stepBack }
    await own.stepBack()
    if (triesLeft === 0) throw taken(at, other)
    await sleep(Math.random() * MOST_PAUSE_MS)
  }
}

type Standing = { readonly name: string; readonly stepBack: () => Promise<void> }

async function standUp(folder: string): Promise<Standing> {
  const mark = randomBytes(6).toString('base64url')
  const [draft, name] = [`draft-${mark}`, `claim-${mark}`]
  const server = createServer((socket) => socket.destroy())
  try {
    await listen(server, socketPath(folder, draft))
    await rename(join(folder, draft), join(folder, name))
  } catch (error) {
    server.close()
    throw error instanceof ClaimError ? error : unsuitable(folder, error)
  }
  const stepBack = async (): Promise<void> => {
    await rm(join(folder, name), { force: true })
    await new Promise((closed) => server.close(closed))
  }
  return { name, stepBack }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((settled, failed) => {
    // What goes wrong with somebody who looks is theirs.
    server.on('error', failed)
    server.listen({ path }, settled)
    server.unref()
  })
}

type Other = { readonly path: string; readonly said: string }

/** Somebody else who may be alive; what others left behind is removed. */
async function otherIn(folder: string, own: string): Promise<Other | null> {
  const names = await readdir(folder)
  for (const name of names.filter((one) => CLAIM.test(one) && one !== own)) {
    const said = await answerOf(socketPath(folder, name))
    if (said !== null) return { path: join(folder, name), said }
    await rm(join(folder, name), { force: true }).catch(() => {})
  }
  return null
}

/** Null where nobody listens any more. What says neither that nor the contrary counts as an answer. */
function answerOf(path: string): Promise<string | null> {
  return new Promise((settled) => {
    const socket = createConnection(path)
    socket.once('connect', () => {
      socket.destroy()
      settled('it answers')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const { code = error.message } = error
      settled(code === 'ECONNREFUSED' || code === 'ENOENT' ? null : code)
    })
  })
}

/** The shorter of two ways there: sockets have no room for long paths. */
function socketPath(folder: string, name: string): string {
  const [whole, fromHere] = [join(folder, name), join(relative(process.cwd(), folder), name)]
  const path = fromHere.length < whole.length ? fromHere : whole
  if (Buffer.byteLength(path) <= LONGEST_PATH) return path
  const mostBytes = LONGEST_PATH - name.length - 1
  throw new ClaimError(
    `the path of ${folder} is too long for a socket in it: choose one of at most ${mostBytes} bytes`,
  )
}

const taken = (folder: string, { path, said }: Other): ClaimError =>
  new ClaimError(
    `another process uses ${folder} (${path}: ${said}). Stop that one first, or give this one a directory of its own`,
  )

const unsuitable = (folder: string, cause: unknown): ClaimError => {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new ClaimError(
    `no socket can be made in ${folder}, which keeps others from using it (${why}). Choose a directory on a file system that has room and can hold sockets`,
    { cause },
  )
}
