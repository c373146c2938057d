import type { PackageEcosystem } from '@writ/contracts'

/** What a list of packages says. */
export type Declared = {
  /** by name, the word that an install would have: `left-pad@^1`, `git+https://…` */
  readonly packages: ReadonlyMap<string, string>
  /** what runs by itself, by its name */
  readonly scripts: ReadonlyMap<string, string>
  /** where packages come from, as far as the list says */
  readonly places: readonly string[]
}

export type Manifest = {
  readonly ecosystem: PackageEcosystem
  readonly read: (text: string) => Declared
}

export const NOTHING_DECLARED: Declared = { packages: new Map(), scripts: new Map(), places: [] }
