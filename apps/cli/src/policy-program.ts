import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'
import { z } from 'zod'
import { NOTATIONS } from './commands/policy/notations.ts'
import type { CliConfig } from './config.ts'
import type { Finish } from './program-parts.ts'
import { accessOf, example, url } from './program-parts.ts'

// Engine, detectors and Cedar are loaded by the command that needs them: all others start in half the time.
const engine = {
  convert: () => import('./commands/policy/convert.ts'),
  explain: () => import('./commands/policy.ts'),
  explainFiles: () => import('./commands/policy/explain-files.ts'),
  past: () => import('./commands/policy/past-file.ts'),
  lint: () => import('./commands/policy/lint.ts'),
  replay: () => import('./commands/policy/replay.ts'),
  test: () => import('./commands/policy/test.ts'),
}

/** `writ policy …`: for the people who write policies. Files end in .yaml, .yml, .json or .cedar. */
export function addPolicyCommands(program: Command, config: CliConfig, finish: Finish): void {
  const policy = program.command('policy').description('test, explain, lint, replay and convert policies')
  example(policy, 'writ policy test policies/*.yaml && writ policy lint policies/*.yaml')
  addTest(policy, finish)
  addExplain(policy, config, finish)
  addLint(policy, config, finish)
  addReplay(policy, config, finish)
  addNotations(policy, finish)
}

function addTest(policy: Command, finish: Finish): void {
  const testing = policy
    .command('test <files...>')
    .description('run the tests that stand in policy files, each with its own policy')
    .option('--tests <files...>', 'files of tests, run against all the policies together', [])
    .action((files, options) =>
      finish(async (terminal) => (await engine.test()).testPolicies(files, options, terminal)),
    )
    .addHelpText('after', exits('every test passes', 'one fails, or a file is no policy'))
  example(testing, 'writ policy test refunds.yaml baseline.cedar --tests refunds.tests.yaml')
}

function addExplain(policy: Command, config: CliConfig, finish: Finish): void {
  const explaining = policy
    .command('explain')
    .description('why would this call be decided so')
    .requiredOption('--agent <name>', 'agent, by name or id')
    .requiredOption('--connection <name>', 'connection, by name or id')
    .requiredOption('--tool <name>', 'tool')
    .option('--args <json>', 'arguments of the call', '{}')
    .option('--labels <labels...>', 'labels that the session has', [])
    .option(
      '--history <file>',
      'what happened in the session before: `history` and `labels`, as tests of policies say it',
    )
    .option('--policy <files...>', 'ask these files, and no control plane')
    .addOption(
      new Option('--direction <direction>', 'request or answer')
        .choices(['outbound', 'inbound'])
        .default('outbound'),
    )
    .addOption(url(config))
    .action((options) =>
      finish(async (terminal) => {
        const { argumentsIn, explainPolicy } = await engine.explain()
        if (options.policy === undefined)
          return explainPolicy(accessOf(config, options.url), options, terminal)
        const { pastOf } = await engine.past()
        const asked = { ...options, args: argumentsIn(options.args), ...(await pastOf(options)) }
        return (await engine.explainFiles()).explainFiles(options.policy, asked, terminal)
      }),
    )
    .addHelpText('after', exitsWhereAsked('it would be let out', 'it would not'))
  example(
    explaining,
    `writ policy explain --agent claude --connection tools --tool send_mail --args '{"to":"ana@example.com"}'`,
  )
}

function addLint(policy: Command, config: CliConfig, finish: Finish): void {
  const linting = policy
    .command('lint <files...>')
    .description('look for contradictions, rules that can never match, unknown paths and the like')
    .option('--online', 'ask the control plane, which knows tools, access groups and other policies', false)
    .option('--replaces <policy>', 'with --online: the policy that the file would take the place of')
    .addOption(catalogue())
    .addOption(url(config))
    .action((files, { online, url: server, ...options }) =>
      finish(async (terminal) =>
        (await engine.lint()).lintPolicies(
          files,
          { ...options, access: online ? accessOf(config, server) : null },
          terminal,
        ),
      ),
    )
    .addHelpText('after', exitsWhereAsked('nothing but notes', 'an error, a warning, or a file is no policy'))
  example(linting, 'writ policy lint refunds.yaml --online --replaces refunds')
}

const catalogue = (): Option =>
  new Option(
    '--catalogue <file>',
    'without --online: tools that agents can call, as JSON, for reach and the schema of Cedar; may be given several times',
  )
    .argParser<readonly string[]>((file, before) => [...before, file])
    .default([], 'no tool is known')
    .conflicts('online')

function addReplay(policy: Command, config: CliConfig, finish: Finish): void {
  const replaying = policy
    .command('replay <draft>')
    .description('who would lose or gain what: a draft against recorded decisions')
    .option(
      '--records <file>',
      'records of `writ audit export`, or one a line (default: those of the control plane)',
    )
    .option('--last <count>', 'how many of its newest records the control plane takes', countIn, 1000)
    .option('--from <instant>', 'only records from this instant on, e.g. 2026-01-31T00:00:00Z', instantIn)
    .option('--until <instant>', 'only records before this instant', instantIn)
    .option(
      '--replaces <policy>',
      'the policy that the draft would take the place of (with --records: its id)',
    )
    .addOption(url(config))
    .action((draft, { url: server, ...options }) =>
      finish(async (terminal) =>
        (await engine.replay()).replayDraft(draft, options, () => accessOf(config, server), terminal),
      ),
    )
    .addHelpText('after', exitsWhereAsked('nothing would change', 'something would, or it cannot be told'))
  example(replaying, 'writ policy replay refunds.yaml --replaces refunds --last 5000')
}

function addNotations(policy: Command, finish: Finish): void {
  const converting = policy
    .command('convert <file>')
    .description('print a policy in another notation')
    .addOption(new Option('--to <notation>', 'notation').choices(NOTATIONS).makeOptionMandatory())
    .action((file, { to }) =>
      finish(async (terminal) => (await engine.convert()).convertPolicy(file, to, terminal)),
    )
    .addHelpText('after', exits('it says the same', 'it cannot be said there, or the file is no policy'))
  example(converting, 'writ policy convert baseline.cedar --to yaml')
  const formatting = policy
    .command('format <file>')
    .description('print a policy in one layout; comments stay')
    .option('--write', 'put it into the file instead', false)
    .action((file, { write }) =>
      finish(async (terminal) => (await engine.convert()).formatFile(file, write, terminal)),
    )
    .addHelpText('after', exits('done', 'the file is no policy'))
  example(formatting, 'writ policy format refunds.yaml --write')
}

const exits = (zero: string, one: string): string => `\nExit codes: 0 ${zero}; 1 ${one}; 2 misuse.`

const exitsWhereAsked = (zero: string, one: string): string =>
  `\nExit codes: 0 ${zero}; 1 ${one}; 2 misuse; 3 a server refused or did not answer.`

function countIn(text: string): number {
  const count = Number(text)
  if (/^\d{1,4}$/.test(text) && count >= 1 && count <= 5000) return count
  throw new InvalidArgumentError('a count is a number from 1 to 5000')
}

function instantIn(text: string): string {
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return text
  throw new InvalidArgumentError('an instant is written like 2026-01-31T12:00:00Z')
}
