import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** One small private file for each session. A file is replaced whole, and changes to one file follow each other. */
export type SessionFiles = {
  /** Null: there is none, or it was written before `sinceMs`. */
  readonly read: (name: string, sinceMs: number) => Promise<string | null>
  readonly write: (name: string, text: string) => Promise<void>
  /** Removes what was written before `sinceMs`, and what a killed process left half-written. */
  readonly sweep: (sinceMs: number) => Promise<void>
}

const ENDING = '.session.json'
const DRAFT = '.draft'

/** @param folder of this process alone; made when it is not there */
export async function openSessionFiles(folder: string): Promise<SessionFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const inTurn = createTurns()
  const pathOf = (name: string) => join(folder, `${name}${ENDING}`)
  for (const file of await readdir(folder))
    if (file.endsWith(DRAFT)) await rm(join(folder, file), { force: true })
  return {
    read: (name, sinceMs) => inTurn(name, () => readSince(pathOf(name), sinceMs)),
    write: (name, text) =>
      inTurn(name, async () => {
        const draft = `${pathOf(name)}${DRAFT}`
        await writeFile(draft, text, { mode: 0o600 })
        await rename(draft, pathOf(name))
      }),
    sweep: async (sinceMs) => {
      for (const file of await readdir(folder))
        if (file.endsWith(ENDING))
          await inTurn(file.slice(0, -ENDING.length), () => removeBefore(join(folder, file), sinceMs))
    },
  }
}

async function readSince(path: string, sinceMs: number): Promise<string | null> {
  return (await writtenAt(path)) < sinceMs ? null : readFile(path, 'utf8')
}

async function removeBefore(path: string, sinceMs: number): Promise<void> {
  if ((await writtenAt(path)) < sinceMs) await rm(path, { force: true })
}

/** Epoch milliseconds; a file that is not there was written before all others. */
async function writtenAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs
  } catch (error) {
    if (isAbsent(error)) return -Infinity
    throw error
  }
}

/** Runs what is done under one name one after the other, whether it succeeds or not. */
function createTurns(): <Result>(name: string, act: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<unknown>>()
  return (name, act) => {
    const mine = (last.get(name) ?? Promise.resolve()).then(act, act)
    last.set(name, mine)
    const forget = (): void => {
      if (last.get(name) === mine) last.delete(name)
    }
    mine.then(forget, forget)
    return mine
  }
}

const isAbsent = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT'
