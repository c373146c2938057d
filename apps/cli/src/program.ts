import { Command, InvalidArgumentError, Option } from 'commander'
import { exportEvidence, verifyRecords } from './commands/audit.ts'
import { connect } from './commands/connect.ts'
import { enrol } from './commands/enrol.ts'
import { explainPolicy } from './commands/policy.ts'
import { status } from './commands/status.ts'
import type { CliConfig } from './config.ts'
import type { ExitCode } from './failure.ts'
import type { Terminal } from './terminal.ts'
import { terminalOf } from './terminal.ts'

type Finish = (work: (terminal: Terminal) => Promise<ExitCode>) => Promise<void>

/** The `writ` program. `finish` runs a command's work and keeps its exit code. */
export function programOf(config: CliConfig, finish: Finish): Command {
  const program = new Command('writ')
    .description('Identity, policy and records for AI agents.')
    .version('0.1.0')
    .option('--json', 'print the result as JSON', false)
    .addHelpText(
      'after',
      '\nExit codes: 0 it is so, 1 the answer is no, 2 misuse, 3 a server refused or did not answer.',
    )
    .showHelpAfterError('(try --help)')
    .exitOverride()
  addAgentCommands(program, config, finish)
  addTenantCommands(program, config, finish)
  return program
}

const profile = (): Option => new Option('--profile <name>', 'which agent of this machine').default('default')

function addAgentCommands(program: Command, config: CliConfig, finish: Finish): void {
  program
    .command('enrol')
    .description('make an identity key here and enrol it with a one-time token')
    .requiredOption('--tenant <name>', 'tenant to enrol in')
    .option('--token <token>', 'one-time token (or WRIT_ENROLMENT_TOKEN)')
    .option('--url <url>', 'control plane', config.WRIT_CONTROL_PLANE_URL)
    .option('--force', 'replace an existing profile', false)
    .addOption(profile())
    .addHelpText(
      'after',
      '\nExample:\n  WRIT_ENROLMENT_TOKEN=wen_… writ enrol --tenant demo --profile claude',
    )
    .action((options) => finish((terminal) => enrol(config, options, terminal)))
  program
    .command('connect')
    .description('sign for an unmodified MCP client: stdio, or HTTP with --listen')
    .requiredOption('--connection <name>', 'connection of the tenant')
    .option('--gateway <url>', 'gateway to use (default: the first that enrolment named)')
    .option('--listen <port>', 'serve HTTP on this loopback port (0: any free one; 7420 by custom)', portIn)
    .addOption(profile())
    .addHelpText(
      'after',
      '\nExample, in the configuration of an MCP client:\n  { "command": "writ", "args": ["connect", "--connection", "tools"] }',
    )
    .action((options) => finish((terminal) => connect(config, options, terminal)))
  program
    .command('status')
    .description('who this profile is, and whether authority and gateways answer it')
    .addOption(profile())
    .addHelpText('after', '\nExample:\n  writ status --profile claude --json')
    .action((options) => finish((terminal) => status(config, options.profile, terminal)))
}

function addTenantCommands(program: Command, config: CliConfig, finish: Finish): void {
  const access = (options: { url: string }) => ({ url: options.url, apiKey: config.WRIT_API_KEY })
  const url = () => new Option('--url <url>', 'control plane').default(config.WRIT_CONTROL_PLANE_URL)
  const audit = program.command('audit').description('export records and verify them offline')
  audit
    .command('export <file>')
    .description('write records, signatures and keys to a file')
    .addOption(url())
    .addHelpText('after', '\nExample:\n  WRIT_API_KEY=wak_… writ audit export evidence.json')
    .action((file, options) => finish((terminal) => exportEvidence(access(options), file, terminal)))
  audit
    .command('verify [file]')
    .description('check signatures, chain and completeness on this machine')
    .addOption(url())
    .addHelpText('after', '\nExample:\n  writ audit verify evidence.json')
    .action((file, options) => finish((terminal) => verifyRecords(access(options), file, terminal)))
  program
    .command('policy')
    .description('ask the policy engine')
    .command('explain')
    .description('why would this call be decided so')
    .requiredOption('--agent <name>', 'agent, by name or id')
    .requiredOption('--connection <name>', 'connection, by name or id')
    .requiredOption('--tool <name>', 'tool')
    .option('--args <json>', 'arguments of the call', '{}')
    .addOption(
      new Option('--direction <direction>', 'request or answer')
        .choices(['outbound', 'inbound'])
        .default('outbound'),
    )
    .addOption(url())
    .addHelpText(
      'after',
      `\nExample:\n  writ policy explain --agent claude --connection tools --tool send_mail --args '{"to":"ana@example.com"}'`,
    )
    .action((options) => finish((terminal) => explainPolicy(access(options), options, terminal)))
  for (const command of [...program.commands, ...program.commands.flatMap(({ commands }) => [...commands])]) {
    command.exitOverride().option('--json', 'print the result as JSON', false)
  }
}

function portIn(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535')
  return port
}

export const jsonWanted = (argv: readonly string[]): Terminal => terminalOf(argv.includes('--json'))
