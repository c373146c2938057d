import { join } from 'node:path'
import type { PackageKnowledge } from '@writ/actions'
import { createPackageKnowledge } from '@writ/actions'
import { isBundleFault, openPackages } from '@writ/bundle'
import { HOOKS_BY_DEFAULT } from '@writ/contracts'
import type { BundleHooks, BundleKey, PackageIntelligence } from '@writ/contracts'
import type { CurrentBundle } from '@writ/enforcement'
import { readState, writeState } from '@writ/point'

export type PackagesPorts = {
  readonly fetch: (sha256: string) => Promise<string>
  readonly keys: () => readonly BundleKey[]
  readonly folder: string
}

export type DevicePackages = {
  /** what is known under the bundle at hand; it can be that nothing is */
  readonly under: (current: CurrentBundle | null) => PackageKnowledge
  /** Fetches the document that the bundle names, unless it is here. */
  readonly keepUp: (current: CurrentBundle) => Promise<void>
}

/** What the tenant knows of packages, as its bundle names it. Until that is here, its lists count alone. */
export function createDevicePackages(ports: PackagesPorts): DevicePackages {
  let loaded: { readonly sha256: string; readonly document: PackageIntelligence } | null = null
  let made: {
    readonly of: unknown
    readonly hooks: BundleHooks
    readonly knowledge: PackageKnowledge
  } | null = null
  return {
    under: (current) => {
      const hooks = current?.bundle.hooks ?? HOOKS_BY_DEFAULT
      const document =
        loaded !== null && loaded.sha256 === hooks.packages.intelligence ? loaded.document : null
      if (made?.of !== document || made.hooks !== hooks) {
        const knowledge = createPackageKnowledge({ intelligence: document, rules: hooks.packages })
        made = { of: document, hooks, knowledge }
      }
      return made.knowledge
    },
    keepUp: async (current) => {
      const { intelligence: sha256 } = current.bundle.hooks.packages
      if (sha256 === null || loaded?.sha256 === sha256) return
      loaded = { sha256, document: await load(sha256, ports) }
    },
  }
}

/** Whichever way it came, it counts by its signature and its hash. @throws where it cannot be had */
async function load(sha256: string, { fetch, keys, folder }: PackagesPorts): Promise<PackageIntelligence> {
  const path = join(folder, 'packages.jws')
  const kept = await readState(path)
  const known = kept === null ? null : await openPackages(kept, keys(), sha256)
  if (known !== null && !isBundleFault(known)) return known
  const jws = await fetch(sha256)
  const opened = await openPackages(jws, keys(), sha256)
  if (isBundleFault(opened)) throw new Error(`the knowledge of packages was refused: ${opened.detail}`)
  await writeState(path, jws)
  return opened
}
