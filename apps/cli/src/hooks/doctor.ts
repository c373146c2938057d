import type { ExitCode } from '../failure.ts'
import { EXIT } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'
import type { ClientRow } from './hook-file.ts'
import type { Inspected } from './inspect.ts'
import { inspect } from './inspect.ts'
import type { Machine } from './machine.ts'
import { isUsed } from './machine.ts'
import type { Places } from './places.ts'

export type Finding = {
  readonly client: string
  readonly title: string
  /** null: not on the path */
  readonly program: string | null
  readonly version: string | null
  readonly state: 'enforce' | 'observe' | 'ungoverned' | 'not installed'
  /** files that start our hook, and that a daemon answered to */
  readonly files: readonly string[]
  /** why it is not better than it is */
  readonly reasons: readonly string[]
}

/** `writ hooks doctor`: no when a client of this machine is ungoverned. A hook counts when it answered, not when a file names it. */
export async function examineHooks(
  { rows, ...machine }: { rows: readonly ClientRow[]; places: Places; machine: Machine; cwd: string },
  terminal: Terminal,
): Promise<ExitCode> {
  const findings: Finding[] = []
  for (const row of rows) findings.push(await examine(row, machine))
  show(terminal, { clients: findings }, findings.map(told).join('\n'))
  return findings.some(({ state }) => state === 'ungoverned') ? EXIT.no : EXIT.ok
}

async function examine(
  row: ClientRow,
  around: { places: Places; machine: Machine; cwd: string },
): Promise<Finding> {
  const { places, machine } = around
  const paths = await Promise.all(row.programs.map(machine.program))
  const program = paths.find((path) => path !== null) ?? null
  const version = program === null ? null : await versionOf(program, machine)
  const about = { client: row.client, title: row.title, program, version }
  if (!(await isUsed(row, places, machine)))
    return { ...about, state: 'not installed', files: [], reasons: [] }
  const managed = await inspect(row, { ...around, tier: 'enforce' })
  const user = await inspect(row, { ...around, tier: 'observe' })
  return { ...about, ...judged(row, version, [managed, user]) }
}

/** The strongest that holds, and why nothing stronger does. */
function judged(
  row: ClientRow,
  version: string | null,
  [managed, user]: readonly [Inspected, Inspected],
): Pick<Finding, 'state' | 'files' | 'reasons'> {
  const answered = [managed, user].filter(({ mode }) => mode !== null)
  const files = answered.flatMap(({ file }) => file ?? [])
  const short = shortOfEnforce(row, version, managed)
  if (short.length === 0) return { state: 'enforce', files, reasons: besides(managed, user) }
  const reasons = [...short, ...user.problems]
  return { state: answered.length > 0 ? 'observe' : 'ungoverned', files, reasons }
}

/** What stays true of a client that is enforced. */
const besides = (managed: Inspected, user: Inspected): readonly string[] => [
  ...(managed.isUsersDaemon
    ? ['the daemon is this user’s, who can put another one in its place (--socket)']
    : []),
  ...user.problems.map((problem) => `the user’s own hooks: ${problem}`),
]

function shortOfEnforce(row: ClientRow, version: string | null, managed: Inspected): readonly string[] {
  if (managed.file === null) return ['no managed file starts the hook: `writ hooks install --managed`']
  return [
    ...managed.problems,
    ...(managed.mode === 'observe' ? ['the daemon only observes: the tenant or its policy says so'] : []),
    ...(row.notEnforced === null ? [] : [row.notEnforced]),
    ...tooOld(row, version),
  ]
}

function tooOld({ minimumVersion }: ClientRow, version: string | null): readonly string[] {
  if (minimumVersion === null) return []
  if (version === null) return [`its version could not be read; it must be ${minimumVersion} or newer`]
  return isOlder(version, minimumVersion)
    ? [`version ${version} does not keep hooks that fail closed: ${minimumVersion} or newer does`]
    : []
}

/** Versions of three numbers. */
function isOlder(version: string, than: string): boolean {
  const [ours, theirs] = [version, than].map((text) => text.split('.').map(Number))
  const at = [0, 1, 2].find((place) => ours?.[place] !== theirs?.[place])
  return at !== undefined && (ours?.[at] ?? 0) < (theirs?.[at] ?? 0)
}

async function versionOf(program: string, machine: Machine): Promise<string | null> {
  const { stdout, stderr } = await machine.run({ form: 'words', words: [program, '--version'] }, '')
  return /\b\d+\.\d+\.\d+\b/.exec(`${stdout}\n${stderr}`)?.[0] ?? null
}

const told = ({ title, version, state, files, reasons }: Finding): string =>
  [
    `${state.padEnd(13)} ${title}${version === null ? '' : ` ${version}`}`,
    ...files.map((file) => `              answered: ${file}`),
    ...reasons.map((reason) => `              ${reason}`),
  ].join('\n')
