import { constants } from 'node:fs'
import { open, readdir, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { LineSink } from './lines.ts'

export type FileSettings = {
  /** the operator's: no tenant names a path */
  readonly directory: string
  /** a file that has grown to this is put aside */
  readonly mostBytes: number
  /** files put aside that are kept, of one tenant */
  readonly kept: number
}

type OpenFile = { readonly handle: FileHandle; sizeBytes: number }

/**
 * One file of lines, `<name>.jsonl`; what was put aside is `<name>.<n>.jsonl`, the highest number the newest. Lines are on disk when `write`
 * returns. A line that a crash cut in half is taken off before the first write: it comes again.
 * @param name without a dot
 */
export function createFileSink(name: string, settings: FileSettings): LineSink {
  const path = join(settings.directory, `${name}.jsonl`)
  let file: OpenFile | null = null
  const close = async (): Promise<void> => {
    const closing = file
    file = null
    await closing?.handle.close().catch(() => {})
  }
  return {
    write: async (lines) => {
      const bytes = Buffer.from(lines)
      file ??= await openWhole(path)
      if (file.sizeBytes > 0 && file.sizeBytes + bytes.length > settings.mostBytes) {
        await close()
        await putAside(name, settings)
        file = await openWhole(path)
      }
      try {
        await append(file, bytes)
      } catch (error) {
        // How much of it is there nobody knows: the next write looks again.
        await close()
        throw error
      }
    },
    close,
  }
}

async function openWhole(path: string): Promise<OpenFile> {
  // A link that somebody put there would lead elsewhere.
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  try {
    const sizeBytes = await wholeLinesOf(handle)
    await handle.truncate(sizeBytes)
    return { handle, sizeBytes }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function append(file: OpenFile, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.handle.write(bytes, done, bytes.length - done, file.sizeBytes + done)
    done += bytesWritten
  }
  await file.handle.datasync()
  file.sizeBytes += bytes.length
}

async function putAside(name: string, { directory, kept }: FileSettings): Promise<void> {
  const pathOf = (number: number): string => join(directory, `${name}.${number}.jsonl`)
  const aside = (await readdir(directory))
    .filter((one) => one.startsWith(`${name}.`))
    .flatMap((one) => /^\.(\d{1,15})\.jsonl$/.exec(one.slice(name.length))?.[1] ?? [])
    .map(Number)
    .sort((one, other) => one - other)
  await rename(join(directory, `${name}.jsonl`), pathOf((aside.at(-1) ?? 0) + 1))
  const tooMany = aside.slice(0, Math.max(0, aside.length + 1 - kept))
  for (const number of tooMany) await rm(pathOf(number), { force: true })
}

const LOOK_BACK_BYTES = 256 * 1024

/** The length of a file up to its last line end. */
async function wholeLinesOf(file: FileHandle): Promise<number> {
  const { size } = await file.stat()
  for (let end = size; end > 0; end -= LOOK_BACK_BYTES) {
    const start = Math.max(0, end - LOOK_BACK_BYTES)
    const piece = Buffer.alloc(end - start)
    await file.read(piece, 0, piece.length, start)
    const last = piece.lastIndexOf('\n')
    if (last >= 0) return start + last + 1
  }
  return 0
}
