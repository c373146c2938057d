import { randomBytes } from 'node:crypto'
import type { JsonObject } from '@writ/contracts'
import { JsonObjectSchema } from '@writ/contracts'
import { canaryCommand, canaryMode } from './canary.ts'
import type { Configured } from './configured.ts'
import { configuredIn, programIn } from './configured.ts'
import type { ClientRow, Content, HookFile, HookProgram, Tier } from './hook-file.ts'
import type { Ended, Machine } from './machine.ts'
import { merged } from './merge.ts'
import { Unmergeable } from './merge-json.ts'
import { bytesAt } from './on-disk.ts'
import type { Places } from './places.ts'
import { onDisk } from './places.ts'

/** What was found of one client's hooks in one tier. */
export type Inspected = {
  readonly tier: Tier
  /** the file that starts our hook; null: none does */
  readonly file: string | null
  /** the mode of the daemon that answered; null: no daemon of ours did */
  readonly mode: 'observe' | 'enforce' | null
  /** whoever acts as the user can be the daemon: the hook client was told of no other */
  readonly isUsersDaemon: boolean
  /** all that keeps the tier from holding */
  readonly problems: readonly string[]
}

export async function inspect(
  row: ClientRow,
  { tier, places, machine, cwd }: { tier: Tier; places: Places; machine: Machine; cwd: string },
): Promise<Inspected> {
  const { event } = row.canary('', cwd)
  const found = await configuredOf(row, { tier, places, event })
  if (found === null) return { tier, file: null, mode: null, isUsersDaemon: true, problems: [] }
  const { file, command, hook } = found
  const answered = await tried(row, { command, machine, cwd })
  const problems = [
    ...answered.problems,
    ...(hook === null
      ? [`${file} starts the hook client in a way that we did not write`]
      : await missingIn(row, { tier, places, hook })),
    ...(tier === 'enforce' ? await looseIn(row, { places, machine, hook }) : []),
  ]
  const isUsersDaemon = hook?.includes('--socket') !== true
  return { tier, file, mode: answered.mode, isUsersDaemon, problems }
}

async function configuredOf(
  row: ClientRow,
  { tier, places, event }: { tier: Tier; places: Places; event: string },
): Promise<{ file: string; command: Configured; hook: HookProgram | null } | null> {
  for (const { path, content } of filesOf(row, { tier, places, hook: ['writ-hook'] })) {
    const text = (await bytesAt(onDisk(places, path)))?.toString()
    const asked = { event, platform: places.platform }
    const command = text === undefined ? null : configuredIn(text, content.form, asked)
    if (command !== null) return { file: path, command, hook: programIn(command) }
  }
  return null
}

const filesOf = (
  row: ClientRow,
  wanted: { tier: Tier; places: Places; hook: HookProgram },
  // Reads that clients deny by themselves are a choice of who installed them.
): readonly HookFile[] => row.files({ ...wanted, denyReads: [] })

/** Writing our content into the file once more must change nothing. */
async function missingIn(
  row: ClientRow,
  wanted: { tier: Tier; places: Places; hook: HookProgram },
): Promise<readonly string[]> {
  const problems: string[] = []
  for (const { path, content } of filesOf(row, wanted)) {
    const text = (await bytesAt(onDisk(wanted.places, path)))?.toString() ?? null
    const isWhole = text !== null && (content.form === 'whole' || saysAll(text, content))
    if (!isWhole) problems.push(`${path} does not say all that keeps the hooks on: install them again`)
  }
  return problems
}

function saysAll(text: string, content: Content): boolean {
  try {
    return merged(text, content) === text
  } catch (error) {
    if (error instanceof Unmergeable) return false
    throw error
  }
}

async function looseIn(
  row: ClientRow,
  { places, machine, hook }: { places: Places; machine: Machine; hook: HookProgram | null },
): Promise<readonly string[]> {
  if (places.platform === 'win32') return ['owners and rights of files are not looked at on Windows']
  const files = filesOf(row, { tier: 'enforce', places, hook: hook ?? ['writ-hook'] }).map(({ path }) => path)
  const options = hook?.findIndex((word) => word.startsWith('--')) ?? -1
  const programs = hook?.slice(0, options < 0 ? undefined : options) ?? []
  const loose = [...files, ...programs].map((path) => machine.loose(onDisk(places, path)))
  return [...new Set((await Promise.all(loose)).filter((problem) => problem !== null))]
}

/** Starts what the client would start, with an event whose answer only a daemon of ours knows. */
async function tried(
  row: ClientRow,
  { command, machine, cwd }: { command: Configured; machine: Machine; cwd: string },
): Promise<{ mode: Inspected['mode']; problems: readonly string[] }> {
  const nonce = randomBytes(16).toString('hex')
  const { payload } = row.canary(canaryCommand(nonce), cwd)
  const ended = await machine.run(command, JSON.stringify(payload))
  const reason = row.denies(objectIn(ended.stdout)) ?? ''
  const mode = canaryMode(reason, nonce) ?? canaryMode(ended.stderr, nonce)
  if (mode === null) return { mode, problems: [`no daemon answered the canary: ${wordsOf(ended)}`] }
  return {
    mode,
    problems: [
      ...(ended.exit === 2 ? [] : [`a deny ends with exit code ${ended.exit} and not with 2`]),
      ...(canaryMode(ended.stderr, nonce) === null ? ['a deny has no reason on stderr'] : []),
      ...(canaryMode(reason, nonce) === null ? ['a deny has no reason in the JSON on stdout'] : []),
    ],
  }
}

function objectIn(text: string): JsonObject {
  try {
    return JsonObjectSchema.parse(JSON.parse(text))
  } catch {
    return {}
  }
}

const wordsOf = ({ exit, stderr }: Ended): string =>
  stderr.trim().split('\n')[0]?.slice(0, 200) || `exit code ${exit ?? 'none'}, without a word`
