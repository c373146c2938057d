import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { LocalWorld } from '@writ/actions'

const MOST_BYTES = 1024 * 1024

/** The files of this machine, as understanding asks for them. Synchronous: what is decided on is looked at in one turn. */
export const openWorld = (packages: LocalWorld['packages'], unknown: LocalWorld['unknown']): LocalWorld => ({
  realPath,
  readText,
  packages,
  unknown,
})

/** Links at most that lead to nothing, one after another: the kernel's own bound. */
const MOST_HOPS = 40

/** Where a path leads. A link whose target does not exist yet leads there too: what is written through it lands there. */
function realPath(path: string): string {
  const rest: string[] = []
  let head = path
  for (let hops = 0; hops < MOST_HOPS;) {
    const known = resolved(head)
    if (known !== null) return join(known, ...rest)
    const target = targetOf(head)
    if (target !== null) {
      head = target
      hops += 1
    } else {
      if (dirname(head) === head) return path
      rest.unshift(basename(head))
      head = dirname(head)
    }
  }
  return join(head, ...rest)
}

function resolved(path: string): string | null {
  try {
    return realpathSync.native(path)
  } catch {
    return null
  }
}

/** What a link names that leads to nothing; null where it is no link. */
function targetOf(path: string): string | null {
  try {
    return resolve(realpathSync.native(dirname(path)), readlinkSync(path))
  } catch {
    return null
  }
}

/** Never a pipe or a device: what would wait for somebody to write is not read. */
function readText(path: string): string | null {
  let file: number | null = null
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = fstatSync(file)
    if (!stats.isFile() || stats.size > MOST_BYTES) return null
    const bytes = Buffer.alloc(stats.size)
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, stats.size, 0))
  } catch {
    return null
  } finally {
    if (file !== null) closeSync(file)
  }
}
