/** A place where a pack does not hold, docs/pack.md. */
export type PackFault = {
  readonly check: string
  readonly member: string | null
  readonly leaf: number | null
  readonly stream: string | null
  readonly seq: number | null
  readonly message: string
}

/** The result of docs/pack.md, which `--json` prints. */
export type PackVerification = {
  readonly format: 'writ.verification.v1'
  readonly holds: boolean
  readonly pack: {
    readonly id: string
    readonly createdAt: string
    readonly tenant: string
    readonly origin: string
    readonly kind: 'range' | 'filter' | 'filter-with-hashes'
    readonly from: number
    readonly to: number
    readonly treeSize: number
    readonly rows: number
  } | null
  readonly proves: 'complete' | 'inclusion-and-hashes' | 'inclusion' | null
  readonly trust: 'pinned' | 'delivered'
  readonly root: string | null
  readonly rows: number
  readonly unsigned: number
  readonly disclosures: number
  readonly cosignatures: readonly { readonly name: string; readonly time: number }[]
  readonly previous: number | null
  readonly older: readonly number[]
  readonly lost: readonly { readonly stream: string; readonly from: number; readonly to: number }[]
  readonly behind: readonly { readonly stream: string; readonly last: number | null; readonly head: number }[]
  readonly faultCount: number
  readonly faults: readonly PackFault[]
}

/** What is known from elsewhere: names of files, and lines of witness keys. */
export type KnownBefore = {
  readonly trust?: string | undefined
  readonly checkpoint?: readonly string[] | undefined
  readonly witness?: readonly string[] | undefined
  readonly pack?: string | undefined
}

/** A file that cannot be read, or is not what it should be. */
export class CannotRun extends Error {}

/** @param file a zip or a folder. @throws CannotRun */
export function verifyFile(file: string, known?: KnownBefore): Promise<PackVerification>

/** The result for people. */
export function textOf(result: PackVerification): string
