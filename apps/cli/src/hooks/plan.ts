import { isDeepStrictEqual } from 'node:util'
import { Failure } from '../failure.ts'
import type { ClientRow, Content, Wanted } from './hook-file.ts'
import { merged, unmerged } from './merge.ts'
import { Unmergeable } from './merge-json.ts'
import { bytesAt, digestOf, statsOf } from './on-disk.ts'
import { onDisk } from './places.ts'
import type { Installed, Receipt } from './receipt.ts'

/** One file, as it is and as it shall be. `path` is as the machine names it, `at` where it lies. */
export type Change = {
  readonly path: string
  readonly at: string
  readonly clients: readonly string[]
  readonly content: Content | null
  readonly before: Buffer | null
  readonly after: Buffer
  /** rights that it shall have, and had */
  readonly mode: number
  readonly hadMode: number | null
  /** what an earlier installation noted of it */
  readonly earlier: Installed | null
}

/** What is to be written for these clients. Nothing is written here. @throws Failure naming every file that cannot be merged into */
export async function planOf(
  rows: readonly ClientRow[],
  wanted: Wanted,
  receipt: Receipt | null,
): Promise<readonly Change[]> {
  const files = new Map<string, { readonly content: Content; readonly clients: string[] }>()
  for (const row of rows)
    for (const { path, content } of row.files(wanted)) {
      const known = files.get(path)
      if (known === undefined) files.set(path, { content, clients: [row.client] })
      else known.clients.push(row.client)
    }
  const problems: string[] = []
  const changes: Change[] = []
  for (const [path, { content, clients }] of files) {
    const earlier = receipt?.files.find((file) => file.path === path) ?? null
    try {
      changes.push(await changeOf({ path, content, clients }, wanted, earlier))
    } catch (error) {
      if (!(error instanceof Unmergeable)) throw error
      problems.push(`${path}: ${error.message}`)
    }
  }
  if (problems.length === 0) return changes
  throw new Failure(
    `nothing was written, because of\n  ${problems.join('\n  ')}`,
    'Put the file in order, or name other clients with --client.',
  )
}

async function changeOf(
  { path, content, clients }: { path: string; content: Content; clients: readonly string[] },
  { places, tier }: Wanted,
  earlier: Installed | null,
): Promise<Change> {
  const at = onDisk(places, path)
  const before = await bytesAt(at)
  const hadMode = before === null ? null : ((await statsOf(at))?.mode ?? 0) & 0o777
  return {
    path,
    at,
    clients: [...new Set([...(earlier?.clients ?? []), ...clients])],
    content,
    before,
    after: Buffer.from(await textOf(before, content, { earlier, places })),
    mode: tier === 'enforce' ? 0o644 : (hadMode ?? 0o600),
    hadMode,
    earlier,
  }
}

/** What an earlier installation put there goes first, so that nothing of it is left behind. */
async function textOf(
  before: Buffer | null,
  content: Content,
  { earlier, places }: { earlier: Installed | null; places: Wanted['places'] },
): Promise<string> {
  const text = before?.toString() ?? null
  if (text === null || !earlier?.content || isDeepStrictEqual(earlier.content, content))
    return merged(text, content)
  return merged(unmerged(text, earlier.content, await backupOf(earlier, places)), content)
}

export async function backupOf({ backup }: Installed, places: Wanted['places']): Promise<string | null> {
  return backup === null ? null : ((await bytesAt(onDisk(places, backup)))?.toString() ?? null)
}

export const isSame = ({ before, after, mode, hadMode }: Change): boolean =>
  before !== null && before.equals(after) && mode === hadMode

/** What is noted of a file when it is written. */
export function installedOf(change: Change, folders: readonly string[]): Installed {
  const { earlier, before } = change
  return {
    path: change.path,
    clients: [...change.clients],
    content: change.content,
    sha256: digestOf(change.after),
    backup: earlier === null ? (before === null ? null : `${change.path}.before-writ`) : earlier.backup,
    mode: earlier === null ? change.hadMode : earlier.mode,
    isExact: earlier === null || (earlier.isExact && before !== null && digestOf(before) === earlier.sha256),
    folders: [...(earlier?.folders ?? []), ...folders],
  }
}
