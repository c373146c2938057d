import type { Command } from 'commander'
import { Option } from 'commander'
import { PROFILES } from '@writ/sandbox'
import type { CliConfig } from './config.ts'
import type { Environment } from '@writ/runtime'
import type { Finish } from './program-parts.ts'
import { example } from './program-parts.ts'
import type { RunOptions } from './run/options.ts'

/** `writ run`: an unmodified agent, or any command, in a sandbox. Its exit code is the command's own. */
export function addRunCommands(
  program: Command,
  config: Pick<CliConfig, 'WRIT_HOME'>,
  finish: Finish,
  environment: () => Promise<Environment> = ownEnvironment,
): void {
  const command = program
    .command('run')
    .description('run an agent, or any command, where it reaches only what it was given')
    .argument('<command...>', 'the command and its arguments, after `--`')
    .addOption(client())
    .option(
      '--as <name>',
      'enrolled agent of this machine whose tenant decides (default: policies of this machine)',
    )
    .option('--packages <file>', 'package intelligence that registries are held against')
  for (const [flags, text] of REPEATED) command.addOption(repeated(flags, text))
  for (const [flags, text] of SWITCHES) command.option(flags, text, false)
  command.action((words: string[], options: RunOptions) =>
    finish(async (terminal) => {
      // what a sandbox needs is loaded for a sandbox alone
      const { run } = await import('./run/run.ts')
      return run(config.WRIT_HOME, { command: words, options, env: await environment() }, terminal)
    }),
  )
  example(command, 'writ run --profile claude-code -- claude')
}

const ownEnvironment = async (): Promise<Environment> => (await import('./config.ts')).ownEnvironment()

const client = (): Option =>
  new Option('--profile <client>', 'which client it is (default: by the name of its program)').choices(
    PROFILES,
  )

const repeated = (flags: string, text: string): Option =>
  new Option(flags, `${text} (repeatable)`)
    .default([], 'none')
    .argParser((value: string, before: readonly string[]) => [...before, value])

const REPEATED = [
  ['--policy <file>', 'policy of this machine, without an account'],
  ['--workspace <folder>', 'folder where it may write (default: this one)'],
  ['--read <path>', 'lets it read a path'],
  ['--allow-write <path>', 'lets it write a path, also one that is held in place'],
  ['--allow-host <host>', 'lets it reach a host: name, *.name, name:port'],
  ['--allow-private <host:port>', 'the same, where the address is of this machine or its networks'],
  ['--opaque-host <host>', 'tunnels to it may carry something else than TLS'],
  ['--env <name>', 'lets it see a variable of the environment'],
  ['--inject <name=host>', 'keeps the secret in a variable outside, and puts it into requests to that host'],
  ['--registry <kind=host>', 'reads requests to a package registry: npm, pypi, cargo, rubygems'],
] as const

const SWITCHES = [
  ['--observe', 'record what policy would deny, and let it pass; the sandbox holds all the same'],
  ['--any-host', 'every host that policy does not deny, not only those that are listed'],
  ['--unconfined-observe', 'where no sandbox can be made: run without one, and only watch'],
] as const
