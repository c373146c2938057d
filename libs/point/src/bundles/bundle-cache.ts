import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readState, writeState } from '../state-file.ts'

const CachedBundle = z.strictObject({
  /** the newest version ever applied here, and the hash of its payload: nothing older is taken, whoever offers it */
  version: z.int().nonnegative(),
  sha256: z.string().nullable(),
  /** the newest version that was ever announced */
  announced: z.int().nonnegative(),
  /** null: there is no such tenant any more, and only its floor is kept */
  jws: z.string().nullable(),
})
export type CachedBundle = z.infer<typeof CachedBundle>

const LastBeat = z.strictObject({
  heartbeat: z.string(),
  /** every change up to here was applied when it was written */
  seq: z.int().nonnegative(),
})
export type LastBeat = z.infer<typeof LastBeat>

/** What an enforcement point knows after a restart without control plane and Redis. */
export type BundleCache = {
  readonly read: (slug: string) => Promise<CachedBundle | null>
  /** Replaces what is kept by what `next` makes of it; null leaves it. Updates of one tenant take turns: none is lost. */
  readonly update: (slug: string, next: (cached: CachedBundle | null) => CachedBundle | null) => Promise<void>
  readonly slugs: () => Promise<readonly string[]>
  readonly readBeat: () => Promise<LastBeat | null>
  readonly writeBeat: (beat: LastBeat) => Promise<void>
}

/** One private file per tenant. What is in it counts only after its signature was checked again. */
export async function openBundleCache(folder: string): Promise<BundleCache> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const pathOf = (slug: string) => join(folder, `${slug}.bundle.json`)
  const beatPath = join(folder, 'heartbeat.json')
  const read = (slug: string) => readAs(CachedBundle, pathOf(slug))
  const inTurn = createTurns()
  return {
    read,
    update: (slug, next) =>
      inTurn(slug, async () => {
        const cached = next(await read(slug))
        if (cached) await writeState(pathOf(slug), JSON.stringify(cached))
      }),
    slugs: async () => (await readdir(folder)).filter(isBundle).map((name) => name.slice(0, -ENDING.length)),
    readBeat: () => readAs(LastBeat, beatPath),
    writeBeat: (beat) => writeState(beatPath, JSON.stringify(beat)),
  }
}

/** Work of one name, one after the other; a failure is that of its own work only. */
function createTurns() {
  const last = new Map<string, Promise<void>>()
  return (name: string, work: () => Promise<void>): Promise<void> => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work)
    const settled = turn.catch(() => undefined)
    last.set(name, settled)
    return turn.finally(() => {
      if (last.get(name) === settled) last.delete(name)
    })
  }
}

const ENDING = '.bundle.json'
const isBundle = (name: string): boolean => name.endsWith(ENDING)

/** A file that was damaged is a file that is not there. */
async function readAs<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
): Promise<z.output<Schema> | null> {
  const text = await readState(path)
  if (text === null) return null
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
