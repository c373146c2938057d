import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { CliConfig } from './config.ts'
import type { Finish } from './program-parts.ts'
import { example, profile } from './program-parts.ts'

// What decides is loaded by the command that starts it: all others start in half the time.
const engine = {
  start: () => import('./commands/start-daemon.ts'),
  ask: () => import('./commands/daemon.ts'),
}

/** The enforcement point of this device, and what its person says to it. */
export function addDaemonCommands(program: Command, config: CliConfig, finish: Finish): void {
  const daemon = program.command('daemon').description('the enforcement point of this device')
  example(daemon, 'writ daemon start --profile claude')
  const starting = daemon
    .command('start', { isDefault: true })
    .description('answer hooks, and sign MCP calls, until it is told to stop')
    .option(
      '--policy <file>',
      'decide by a policy file and no tenant; records stay on this machine (may be repeated)',
      gathered,
      [],
    )
    .option('--observe', 'with --policy: record what policy says, and let everything through', false)
    .option('--gateway <url>', 'gateway of the signing proxy (default: the first that enrolment named)')
    .option('--listen <port>', 'loopback port of the signing proxy (default: any free one)', portIn, 0)
    .addOption(profile())
    .action((options) =>
      finish(async (terminal) => (await engine.start()).startDaemon(config, options, terminal)),
    )
  example(starting, 'writ daemon start --profile claude')
  const asking = daemon
    .command('status')
    .description('whether a daemon decides here, by what, and for whom')
    .action(() => finish(async (terminal) => (await engine.ask()).statusOfDaemon(config, terminal)))
  example(asking, 'writ daemon status --json')
  const exporting = daemon
    .command('export <file>')
    .description('write the records of policy-file daemons to a file that `writ audit verify` verifies')
    .action((file) => finish(async (terminal) => (await engine.ask()).exportLocal(config, file, terminal)))
  example(exporting, 'writ daemon export evidence.json')
  const approving = program
    .command('approve [id]')
    .description('say yes to what an agent of this device wants to do; without an id: what waits')
    .option('--refuse', 'say no', false)
    .action((id, options) =>
      finish(async (terminal) =>
        (await engine.ask()).approve(config, { id, refuse: options.refuse }, terminal),
      ),
    )
  example(approving, 'writ approve apr_01JD0000000000000000000000')
}

const gathered = (file: string, before: readonly string[]): readonly string[] => [...before, file]

function portIn(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535')
  return port
}
