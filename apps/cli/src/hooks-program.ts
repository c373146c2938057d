import { homedir } from 'node:os'
import type { Command } from 'commander'
import { Option } from 'commander'
import type { CliConfig } from './config.ts'
import { Failure } from './failure.ts'
import { CLIENT_NAMES, CLIENTS } from './hooks/clients.ts'
import { CREDENTIAL_FILES } from './hooks/credential-files.ts'
import type { ClientRow, Tier } from './hooks/hook-file.ts'
import type { Places } from './hooks/places.ts'
import { PLATFORMS } from './hooks/places.ts'
import type { Finish } from './program-parts.ts'
import { example } from './program-parts.ts'

// Reading and writing configurations is loaded by the commands that do it.
const engine = {
  doctor: () => import('./hooks/doctor.ts'),
  install: () => import('./hooks/install.ts'),
  machine: () => import('./hooks/machine.ts'),
  onDisk: () => import('./hooks/on-disk.ts'),
  program: () => import('./hooks/hook-program.ts'),
  uninstall: () => import('./hooks/uninstall.ts'),
}

/** `writ hooks …`: the hooks of coding agents, and what keeps them on. */
export function addHooksCommands(program: Command, config: CliConfig, finish: Finish): void {
  const hooks = program.command('hooks').description('hooks of coding agents: put in, taken out, and proven')
  example(hooks, 'writ hooks install && writ hooks doctor')
  addInstall(hooks, config, finish)
  addUninstall(hooks, config, finish)
  addDoctor(hooks, config, finish)
}

function addInstall(hooks: Command, config: CliConfig, finish: Finish): void {
  const installing = hooks
    .command('install')
    .description('put our hooks into the configurations of coding agents')
    .addOption(clients())
    .addOption(managed())
    .addOption(root())
    .option('--hook <file>', 'the hook client (default: the one that is built beside this program)')
    .option('--socket <path>', 'of a daemon that has a user of its own (default: the daemon of each user)')
    .option(
      '--deny-reads [patterns...]',
      'files that clients themselves refuse to read; without a pattern: credentials',
    )
    .option('--dry-run', 'show what would change, and change nothing', false)
    .action((options) =>
      finish(async (terminal) => {
        const [tier, places] = [tierOf(options.managed), placesOf(config, options.root)]
        const source = (await engine.program()).hookSourceOf(places, tier, options)
        const { installHooks } = await engine.install()
        const rows = rowsOf(options.client) ?? (await rowsFor(tier, places))
        const denyReads = patternsIn(options.denyReads)
        return installHooks({ tier, rows, places, source, denyReads, dryRun: options.dryRun }, terminal)
      }),
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 done, or nothing to do; 2 misuse, or a file that we leave alone; 4 a fault of writ.',
    )
  example(installing, 'sudo writ hooks install --managed --client claude-code codex')
}

function addUninstall(hooks: Command, config: CliConfig, finish: Finish): void {
  const uninstalling = hooks
    .command('uninstall')
    .description('take our hooks out again; files are what they were before')
    .addOption(clients())
    .addOption(managed())
    .addOption(root())
    .action((options) =>
      finish(async (terminal) => {
        const places = placesOf(config, options.root)
        const names = rowsOf(options.client)?.map(({ client }) => client) ?? null
        const wanted = { tier: tierOf(options.managed), clients: names, places }
        return (await engine.uninstall()).uninstallHooks(wanted, terminal)
      }),
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 done, or nothing to do; 2 misuse, or a file that we leave alone; 4 a fault of writ.',
    )
  example(uninstalling, 'writ hooks uninstall --client cursor')
}

function addDoctor(hooks: Command, config: CliConfig, finish: Finish): void {
  const examining = hooks
    .command('doctor')
    .description('prove each hook by a canary: enforce, observe or ungoverned, and why')
    .addOption(clients())
    .action((options) =>
      finish(async (terminal) => {
        const { createMachine } = await engine.machine()
        const machine = createMachine((await engine.onDisk()).looseAt)
        const around = { places: placesOf(config, undefined), machine, cwd: process.cwd() }
        return (await engine.doctor()).examineHooks(
          { rows: rowsOf(options.client) ?? CLIENTS, ...around },
          terminal,
        )
      }),
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 every client here is governed; 1 one is not; 2 misuse; 4 a fault of writ.',
    )
  example(examining, 'writ hooks doctor --json')
}

const clients = (): Option =>
  new Option(
    '--client <names...>',
    'which coding agents (default: all; for files of a user: those used here)',
  ).choices(CLIENT_NAMES)

const managed = (): Option =>
  new Option('--managed', 'tier enforce: files of root, which users and agents cannot take out').default(
    false,
  )

const root = (): Option =>
  new Option('--root <folder>', 'a folder that stands for the root of the machine, for packages')

const tierOf = (isManaged: boolean): Tier => (isManaged ? 'enforce' : 'observe')

const rowsOf = (names: readonly string[] | undefined): readonly ClientRow[] | null =>
  names === undefined ? null : CLIENTS.filter(({ client }) => names.includes(client))

/** Managed files are for every client that may come to the machine; those of a user for the ones that this user has. */
async function rowsFor(tier: Tier, places: Places): Promise<readonly ClientRow[]> {
  if (tier === 'enforce') return CLIENTS
  const { createMachine, isUsed } = await engine.machine()
  const machine = createMachine((await engine.onDisk()).looseAt)
  const isHere = await Promise.all(CLIENTS.map((row) => isUsed(row, places, machine)))
  const rows = CLIENTS.filter((_, at) => isHere[at])
  if (rows.length > 0) return rows
  throw new Failure('no coding agent that we know is used here', 'Name those to come with --client.')
}

function placesOf(config: CliConfig, below: string | undefined): Places {
  const platform = PLATFORMS.find((name) => name === process.platform)
  if (platform === undefined)
    throw new Failure(`we know no places of hooks on ${process.platform}`, 'Use Linux, macOS or Windows.')
  return {
    platform,
    home: homedir(),
    writHome: config.WRIT_HOME,
    root: below ?? null,
    uid: process.getuid?.() ?? null,
  }
}

const patternsIn = (given: true | readonly string[] | undefined): readonly string[] =>
  given === true ? CREDENTIAL_FILES : (given ?? [])
