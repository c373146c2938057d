import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'
import type { CliConfig } from './config.ts'
import type { Finish } from './program-parts.ts'
import { example, profile, url } from './program-parts.ts'

// Loaded by the command that is asked for: all others start without it.
const engine = {
  connect: () => import('./commands/connect.ts'),
  enrol: () => import('./commands/enrol.ts'),
  login: () => import('./commands/login.ts'),
  revoke: () => import('./commands/revoke.ts'),
  rotate: () => import('./commands/rotate.ts'),
  status: () => import('./commands/status.ts'),
  whoami: () => import('./commands/whoami.ts'),
}

/** The commands of who runs an agent on this machine. */
export function addAgentCommands(program: Command, config: CliConfig, finish: Finish): void {
  addEnrol(program, config, finish)
  addConnect(program, config, finish)
  addLogin(program, config, finish)
  addQuestions(program, config, finish)
  addRotate(program, config, finish)
  addRevoke(program, config, finish)
}

function addEnrol(program: Command, config: CliConfig, finish: Finish): void {
  const command = program
    .command('enrol')
    .description('make an identity key here and enrol it with a one-time token')
    .requiredOption('--tenant <name>', 'tenant to enrol in')
    .option(
      '--token <token>',
      'one-time token (better in WRIT_ENROLMENT_TOKEN: arguments are seen by every user of the machine)',
    )
    .addOption(url(config))
    .option('--force', 'replace an existing profile', false)
    .addOption(profile())
    .action((options) => finish(async (terminal) => (await engine.enrol()).enrol(config, options, terminal)))
  example(command, 'WRIT_ENROLMENT_TOKEN=wen_… writ enrol --tenant demo --profile claude')
}

const browser = (): Option =>
  new Option('--browser', 'sign in in a browser on this machine, instead of with a code on any').default(
    false,
  )

function addConnect(program: Command, config: CliConfig, finish: Finish): void {
  const command = program
    .command('connect')
    .description('sign for an unmodified MCP client: stdio, or HTTP with --listen')
    .option(
      '--connection <name>',
      'connection of the tenant (default: all that this agent may use, as one server)',
    )
    .option('--gateway <url>', 'gateway to use (default: the first that enrolment named)')
    .option(
      '--listen <port>',
      'serve HTTP on this loopback port (0: any free one; 7420 by custom). Every program of this machine can then call as this agent; stdio is private',
      portIn,
    )
    .option('--no-daemon', 'sign in this process, also where a daemon of this profile runs')
    .option('--login', 'a human signs in first, and the agent acts for them', false)
    .addOption(browser())
    .addOption(profile())
    .action((options) =>
      finish(async (terminal) => (await engine.connect()).connect(config, options, terminal)),
    )
  example(
    command,
    '{ "command": "writ", "args": ["connect", "--connection", "tools"] }   in the configuration of an MCP client',
  )
}

function addLogin(program: Command, config: CliConfig, finish: Finish): void {
  const command = program
    .command('login')
    .description('ask a human whether the agent may act for them, and say who said yes')
    .addOption(browser())
    .addOption(profile())
    .action((options) => finish(async (terminal) => (await engine.login()).login(config, options, terminal)))
  example(command, 'writ login --profile claude')
}

function addQuestions(program: Command, config: CliConfig, finish: Finish): void {
  const asking = program
    .command('status')
    .description('who this profile is, and whether authority and gateways answer it')
    .addOption(profile())
    .action((options) =>
      finish(async (terminal) => (await engine.status()).status(config, options.profile, terminal)),
    )
  example(asking, 'writ status --profile claude --json')
  const naming = program
    .command('whoami')
    .description('who the authority says that this agent is, and for whom it acts')
    .addOption(profile())
    .action((options) =>
      finish(async (terminal) => (await engine.whoami()).whoami(config, options.profile, terminal)),
    )
  example(naming, 'writ whoami --profile claude --json')
}

function addRotate(program: Command, config: CliConfig, finish: Finish): void {
  const command = program
    .command('rotate')
    .description('replace the identity key by a new one that is made here')
    .addOption(profile())
    .action((options) =>
      finish(async (terminal) => (await engine.rotate()).rotate(config, options.profile, terminal)),
    )
  example(command, 'writ rotate --profile claude')
}

function addRevoke(program: Command, config: CliConfig, finish: Finish): void {
  const command = program
    .command('revoke')
    .description('end a token of this agent, a session, or the agent')
    .option('--token <file>', 'an access token of this agent, in a file (-: stdin)')
    .option('--session <id>', 'a session; needs WRIT_API_KEY')
    .option('--agent', 'the agent of this profile, for good; needs WRIT_API_KEY', false)
    .addOption(url(config))
    .addOption(profile())
    .action((options) =>
      finish(async (terminal) => (await engine.revoke()).revoke(config, options, terminal)),
    )
  example(command, 'WRIT_API_KEY=wak_… writ revoke --agent --profile claude')
}

function portIn(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535')
  return port
}
