import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashOf } from '@writ/audit'
import type { BootId, StreamId } from '@writ/contracts'
import type { SpoolDisk, SpoolFile } from './spool-disk.ts'
import { openSpoolDisk } from './spool-disk.ts'
import type { SpoolLimits } from './spool-limits.ts'
import { spoolLimits } from './spool-limits.ts'
import type { Lane } from './spool.ts'
import { Spool } from './spool.ts'

export const boot = (mark: string): BootId => `boo_${mark.repeat(26)}`
export const stream = (mark = 'A', of = 'T'): StreamId =>
  `nod_${'N'.repeat(26)}:boo_${mark.repeat(26)}:ten_${of.repeat(26)}`

/** Folders of specs, removed by `removeFolders`. */
const folders: string[] = []
export async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'writ-spool-'))
  folders.push(folder)
  return folder
}

export type Wrap = (disk: SpoolDisk) => SpoolDisk

/** A disk with so much room as is said; removing the reserve makes some, where there is none. */
export function withRoom(): { readonly left: { bytes: number }; readonly wrap: Wrap } {
  const left = { bytes: Infinity }
  const files = failing((file) => ({
    ...file,
    write: async (bytes) => {
      if (left.bytes < bytes.length) return 0
      left.bytes -= bytes.length
      return file.write(bytes)
    },
  }))
  const wrap: Wrap = (disk) => ({
    ...files(disk),
    freeBytes: async () => left.bytes,
    remove: async (name) => {
      if (name === 'reserve' && left.bytes === 0) left.bytes = 1_000_000
      return disk.remove(name)
    },
  })
  return { left, wrap }
}

/** A disk whose files do what a real one does when it is full or broken. */
export const failing =
  (fault: (file: SpoolFile) => SpoolFile): Wrap =>
  (disk) => ({ ...disk, create: async (name, durability) => fault(await disk.create(name, durability)) })

export type Given = { readonly folder?: string; readonly mark?: string; readonly wrap?: Wrap }

export async function openSpool(
  limits: Partial<SpoolLimits> = {},
  { folder, mark = 'A', wrap = (disk) => disk }: Given = {},
) {
  const at = folder ?? (await newFolder())
  const fences: unknown[] = []
  const disk = wrap(await openSpoolDisk(at))
  const all = { ...spoolLimits(64 * 1024 * 1024), ...limits }
  const spool = await Spool.open(disk, boot(mark), all, (reason) => fences.push(reason))
  return { spool, folder: at, fences }
}

export const put = (spool: Spool, seq: number, of = stream(), lane: Lane = 'strict') =>
  spool.append({ stream: of, seq, bytes: `record ${seq}` }, hashOf(`record ${seq}`), lane)

export const seqsOf = async (spool: Spool, of = stream(), from = 0): Promise<number[]> =>
  (await spool.read(of, from, 1000)).map(({ seq }) => seq)
