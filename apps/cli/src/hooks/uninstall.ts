import { dirname } from 'node:path'
import { Failure } from '../failure.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'
import { unmerged } from './merge.ts'
import { Unmergeable } from './merge-json.ts'
import type { Tier } from './hook-file.ts'
import { bytesAt, digestOf, putWhole, removeEmpty, removeFile } from './on-disk.ts'
import type { Places } from './places.ts'
import { isRoot, onDisk, receiptPath } from './places.ts'
import type { Installed } from './receipt.ts'
import { readReceipt } from './receipt.ts'

type Change = 'restored' | 'removed' | 'taken out' | 'gone already'

/** `writ hooks uninstall`: every file is what it was before, or, where others changed it since, without what is ours. @throws Failure */
export async function uninstallHooks(
  wanted: { readonly tier: Tier; readonly clients: readonly string[] | null; readonly places: Places },
  terminal: Terminal,
): Promise<ExitCode> {
  const { tier, places } = wanted
  const receiptAt = onDisk(places, receiptPath(places, tier === 'enforce'))
  const receipt = await readReceipt(receiptAt)
  if (receipt === null) {
    show(terminal, { tier, files: [] }, 'No hooks of this tier were installed.')
    return EXIT.ok
  }
  if (tier === 'enforce' && !isRoot(places))
    throw new Failure('managed files belong to root', 'Run: sudo writ hooks uninstall --managed')
  const { going, staying } = parted(receipt.files, wanted.clients)
  // Nothing is written unless all can be: what is taken back in halves cannot be taken back again.
  const returns = await Promise.all(going.map((file) => returnOf(file, places)))
  for (const back of returns) await takeBack(back, places)
  const took = returns.map(({ file, change }) => ({ path: file.path, change }))
  if (staying.length === 0) await removeFile(receiptAt)
  else
    await putWhole(
      receiptAt,
      Buffer.from(`${JSON.stringify({ ...receipt, files: staying }, null, 2)}\n`),
      modeOf(tier),
    )
  await removeEmpty([
    ...going.flatMap(({ folders }) => folders),
    ...(staying.length === 0 ? [dirname(receiptAt)] : []),
  ])
  show(terminal, { tier, files: took }, took.map(({ path, change }) => `${change}: ${path}`).join('\n'))
  return EXIT.ok
}

const modeOf = (tier: Tier): number => (tier === 'enforce' ? 0o644 : 0o600)

/** Files that another client still needs stay, and the program stays as long as any of them does; it goes last. */
function parted(
  files: readonly Installed[],
  clients: readonly string[] | null,
): { going: readonly Installed[]; staying: readonly Installed[] } {
  const left = files.map((file) => ({
    ...file,
    clients: file.clients.filter((client) => clients !== null && !clients.includes(client)),
  }))
  const configurations = left.filter(({ content }) => content !== null)
  const programs = left.filter(({ content }) => content === null)
  const going = configurations.filter((file) => file.clients.length === 0)
  const staying = configurations.filter((file) => file.clients.length > 0)
  return staying.length === 0
    ? { going: [...going, ...programs], staying }
    : { going, staying: [...staying, ...programs] }
}

/** What becomes of one file: `bytes` null takes it away. */
type Return = {
  readonly file: Installed
  readonly at: string
  readonly change: Change
  readonly bytes: Buffer | null
}

/** @throws Failure where a file can no longer be read */
async function returnOf(file: Installed, places: Places): Promise<Return> {
  const at = onDisk(places, file.path)
  const now = await bytesAt(at)
  const before = file.backup === null ? null : await bytesAt(onDisk(places, file.backup))
  if (now === null) return { file, at, change: 'gone already', bytes: null }
  const isUntouched = file.isExact && digestOf(now) === file.sha256
  const left = isUntouched ? null : leftOf(file, now, before)
  if (left !== null) return { file, at, change: 'taken out', bytes: left }
  return { file, at, change: before === null ? 'removed' : 'restored', bytes: before }
}

/** What others have there beside ours; null: nothing, or the file is ours as a whole. */
function leftOf({ content, path }: Installed, now: Buffer, before: Buffer | null): Buffer | null {
  if (content === null || content.form === 'whole') return null
  try {
    const left = unmerged(now.toString(), content, before?.toString() ?? null)
    return left === null ? null : Buffer.from(left)
  } catch (error) {
    if (!(error instanceof Unmergeable)) throw error
    throw new Failure(
      `nothing was changed, because of\n  ${path}: ${error.message}`,
      'Put the file in order.',
    )
  }
}

async function takeBack({ file, at, bytes }: Return, places: Places): Promise<void> {
  if (bytes === null) await removeFile(at)
  else await putWhole(at, bytes, file.mode ?? 0o644)
  if (file.backup !== null) await removeFile(onDisk(places, file.backup))
}
