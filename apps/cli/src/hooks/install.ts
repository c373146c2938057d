import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'
import { diffOf } from './diff.ts'
import type { ClientRow, Tier } from './hook-file.ts'
import type { HookSource } from './hook-program.ts'
import { bytesAt, looseAt, putWhole, statsOf } from './on-disk.ts'
import type { Places } from './places.ts'
import { isRoot, onDisk, receiptPath } from './places.ts'
import type { Change } from './plan.ts'
import { installedOf, isSame, planOf } from './plan.ts'
import type { Installed, Receipt } from './receipt.ts'
import { readReceipt } from './receipt.ts'

export type Installation = {
  readonly tier: Tier
  readonly rows: readonly ClientRow[]
  readonly places: Places
  readonly source: HookSource
  readonly denyReads: readonly string[]
  readonly dryRun: boolean
}

/** `writ hooks install`: the files of these clients hold our hooks, or nothing was changed. @throws Failure */
export async function installHooks(wanted: Installation, terminal: Terminal): Promise<ExitCode> {
  const { tier, places, rows, source } = wanted
  refuseOthersThanRoot(wanted)
  const receiptAt = onDisk(places, receiptPath(places, tier === 'enforce'))
  const receipt = await readReceipt(receiptAt)
  const changes = [
    await programChange(source, places, receipt),
    ...(await planOf(rows, { ...wanted, hook: source.hook }, receipt)),
  ]
  if (!wanted.dryRun) {
    await refuseLoose(changes, wanted)
    await write(changes, { receipt, receiptAt, wanted })
  }
  tell(changes, wanted, terminal)
  return EXIT.ok
}

/** On Windows the system itself refuses. */
function refuseOthersThanRoot({ tier, places, rows, dryRun }: Installation): void {
  if (tier === 'observe' || dryRun || isRoot(places)) return
  const clients = rows.map(({ client }) => client).join(' ')
  throw new Failure(
    'managed files belong to root, or they keep nothing on',
    `Run: sudo writ hooks install --managed --client ${clients}`,
  )
}

/** A managed file in a folder of the user is a file of the user. */
async function refuseLoose(changes: readonly Change[], { tier, places }: Installation): Promise<void> {
  if (tier === 'observe' || places.root !== null || places.platform === 'win32') return
  for (const { at } of changes) {
    let folder = dirname(at)
    while ((await statsOf(folder)) === null) folder = dirname(folder)
    const loose = await looseAt(folder)
    if (loose !== null) throw new Failure(loose, 'Give it to root, and take the right to write from others.')
  }
}

async function programChange(
  { from, to }: HookSource,
  places: Places,
  receipt: Receipt | null,
): Promise<Change> {
  const at = onDisk(places, to)
  const before = await bytesAt(at)
  return {
    path: to,
    at,
    clients: [],
    content: null,
    before,
    after: await readFile(from),
    mode: 0o755,
    hadMode: before === null ? null : ((await statsOf(at))?.mode ?? 0) & 0o777,
    earlier: receipt?.files.find(({ path }) => path === to) ?? null,
  }
}

/** What everybody must read, and what is the user's own: the daemon takes no home of Writ that others can look into. */
const RIGHTS: Readonly<Record<Tier, { readonly file: number; readonly folder: number }>> = {
  enforce: { file: 0o644, folder: 0o755 },
  observe: { file: 0o600, folder: 0o700 },
}

/** The note comes first: whatever is written after it can be taken back. */
async function write(
  changes: readonly Change[],
  { receipt, receiptAt, wanted }: { receipt: Receipt | null; receiptAt: string; wanted: Installation },
): Promise<void> {
  const { file: mode, folder: folderMode } = RIGHTS[wanted.tier]
  const others = (receipt?.files ?? []).filter(({ path }) => !changes.some((change) => change.path === path))
  const note = async (files: readonly Installed[]): Promise<void> => {
    const text = JSON.stringify(
      { format: 'writ.hooks.v1', tier: wanted.tier, files: [...others, ...files] } satisfies Receipt,
      null,
      2,
    )
    await putWhole(receiptAt, Buffer.from(`${text}\n`), mode, folderMode)
  }
  await note(changes.map((change) => installedOf(change, [])))
  const files: Installed[] = []
  for (const change of changes) {
    const installed = installedOf(change, [])
    if (change.earlier === null && change.before !== null && installed.backup !== null)
      await putWhole(onDisk(wanted.places, installed.backup), change.before, change.hadMode ?? 0o600)
    const folders = isSame(change) ? [] : await putWhole(change.at, change.after, change.mode, folderMode)
    files.push(installedOf(change, folders))
  }
  await note(files)
}

function tell(
  changes: readonly Change[],
  { tier, rows, places, dryRun }: Installation,
  terminal: Terminal,
): void {
  const files = changes.map((change) => ({
    path: change.path,
    clients: change.clients,
    change: isSame(change) ? 'none' : change.before === null ? 'new' : 'changed',
    diff: change.content === null ? [] : diffOf(change.before?.toString() ?? null, change.after.toString()),
  }))
  const remarks = rows.flatMap((row) => [
    ...(tier === 'enforce' && row.notEnforced !== null
      ? [`${row.title}: not enforced: ${row.notEnforced}`]
      : []),
    ...row.remarks[tier].map((remark) => `${row.title}: ${remark}`),
  ])
  const text = [
    TIERS[tier],
    ...files.flatMap(({ path, change, diff }) => [
      `${change === 'none' ? 'as it was' : `${dryRun ? 'would be ' : ''}${change}`}: ${path}`,
      ...(dryRun ? diff.map((line) => `  ${line}`) : []),
    ]),
    ...remarks,
    ...(dryRun || places.root !== null ? [] : ['Look whether they work: writ hooks doctor']),
  ]
  show(terminal, { tier, dryRun, files, remarks }, text.join('\n'))
}

const TIERS: Readonly<Record<Tier, string>> = {
  observe:
    'Tier observe: files of this user. Who uses the machine, and an agent, can take these hooks out again.',
  enforce:
    'Tier enforce: files of root, with the keys that keep hooks on. Users and agents cannot take them out.',
}
