import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BundleFault, isBundleFault, openRosterPart, withRoster } from '@writ/bundle'
import type { Bundle, RosterPart } from '@writ/contracts'
import { readState } from '../state-file.ts'

export type RosterPorts = {
  /** the bytes of a part, from the control plane. Rejects when it has none such, or does not answer. */
  readonly fetch: (slug: string, sha256: string) => Promise<string>
  /** where parts are kept for a start without the control plane */
  readonly folder: string
  readonly report: (problem: string, detail: unknown) => void
}

/** The agents and humans of tenants that have too many for one bundle. A bundle is used with all of them, or not at all. */
export type Rosters = {
  /** The bundle with everybody in it; a fault where a part is nowhere to be had, or is not the one that it names. */
  readonly complete: (slug: string, bundle: Bundle) => Promise<Bundle | BundleFault>
  /** Forgets, here and on disk, whoever stands in no part of this bundle, which is the one that is kept from now on. */
  readonly settle: (slug: string, bundle: Bundle) => Promise<void>
  /** There is no such tenant any more: nobody of it stays, here or on disk. Rejects when the disk fails. */
  readonly forget: (slug: string) => Promise<void>
  /** Keeps them on disk only: the tenant does not call. */
  readonly release: (slug: string) => void
}

const LANES = 8

export function createRosters(ports: RosterPorts): Rosters {
  const opened = new Map<string, ReadonlyMap<string, RosterPart>>()
  /** the newest version of each tenant that was ever begun to be completed */
  const newest = new Map<string, number>()
  return {
    complete: async (slug, bundle) => {
      newest.set(slug, Math.max(bundle.version, newest.get(slug) ?? 0))
      if (!bundle.roster) return bundle
      const named = [...new Set(bundle.roster.parts)]
      const known = opened.get(slug)
      const found = new Map<string, RosterPart>()
      const fault = await inLanes(named, async (sha256) => {
        const part = known?.get(sha256) ?? (await partOf(ports, slug, sha256))
        if (isBundleFault(part)) return part
        found.set(sha256, part)
        return null
      })
      if (fault) return fault
      opened.set(slug, found)
      return withRoster(
        bundle,
        named.flatMap((sha256) => found.get(sha256) ?? []),
      )
    },
    settle: async (slug, { version, roster }) => {
      // Two can overlap: parts of the newer one stay, also where it begins while the disk is looked through.
      const isNewest = () => version >= (newest.get(slug) ?? 0)
      if (!isNewest()) return
      if (!roster) opened.delete(slug)
      const folder = join(ports.folder, slug)
      await removeOthers(folder, roster?.parts ?? [], isNewest).catch((error: unknown) =>
        ports.report('former parts of a roster could not be removed', error),
      )
    },
    forget: async (slug) => {
      opened.delete(slug)
      await rm(join(ports.folder, slug), { recursive: true, force: true })
    },
    release: (slug) => void opened.delete(slug),
  }
}

/** One after the other in each lane; the first fault ends all of them. */
async function inLanes(
  names: Iterable<string>,
  work: (sha256: string) => Promise<BundleFault | null>,
): Promise<BundleFault | null> {
  const queue = names[Symbol.iterator]()
  let fault: BundleFault | null = null
  const lane = async (): Promise<void> => {
    for (let next = queue.next(); !next.done && fault === null; next = queue.next())
      fault = (await work(next.value)) ?? fault
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return fault
}

/** What is on disk counts by its hash alone, as what comes from anywhere else. */
async function partOf(ports: RosterPorts, slug: string, sha256: string): Promise<RosterPart | BundleFault> {
  const folder = join(ports.folder, slug)
  const path = join(folder, sha256 + ENDING)
  const kept = await readState(path).catch(() => null)
  const part = kept === null ? null : openRosterPart(kept, sha256)
  if (part && !isBundleFault(part)) return part
  try {
    const text = await ports.fetch(slug, sha256)
    const fetched = openRosterPart(text, sha256)
    if (!isBundleFault(fetched)) await keep(ports, { folder, path, text })
    return fetched
  } catch (error) {
    ports.report('a part of a roster could not be had', error)
    return new BundleFault('incomplete', 'a part of the roster could not be had')
  }
}

/** Whole, and not synced: a part that a crash left torn is not the one that its name says. A revocation does not wait for a disk. */
async function keep(
  { report }: RosterPorts,
  { folder, path, text }: { readonly folder: string; readonly path: string; readonly text: string },
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(`${path}.draft`, text, { mode: 0o600 })
    await rename(`${path}.draft`, path)
  } catch (error) {
    report('a part of a roster could not be kept on disk', error)
  }
}

async function removeOthers(
  folder: string,
  parts: readonly string[],
  isNewest: () => boolean,
): Promise<void> {
  const kept = new Set(parts.map((sha256) => sha256 + ENDING))
  const names = await readdir(folder).catch(() => [])
  if (!isNewest()) return
  await Promise.all(
    names.filter((name) => !kept.has(name)).map((name) => rm(join(folder, name), { force: true })),
  )
}

const ENDING = '.json'
