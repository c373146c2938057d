import type { Platform } from '@writ/inventory'
import type { Environment } from '@writ/runtime'
import type { Command } from 'commander'
import { Option } from 'commander'
import { ownEnvironment } from './config.ts'
import type { CliConfig } from './config.ts'
import { Failure } from './failure.ts'
import type { Finish } from './program-parts.ts'
import { example } from './program-parts.ts'

// What reads configurations is loaded by the command that does it.
const PLATFORMS = ['linux', 'darwin', 'win32'] as const satisfies readonly Platform[]

/** `writ scan`: what there is of agents on this machine. @param env where PATH is from */
export function addScanCommands(
  program: Command,
  config: CliConfig,
  finish: Finish,
  env: Environment = ownEnvironment(),
): void {
  const scanning = program
    .command('scan')
    .description('agents, MCP servers, hooks, skills and secrets in their configurations; starts nothing')
    .option('--path <folders...>', 'workspaces to look at besides the current folder', [])
    .option('--home <folder>', 'home of the user to look at (default: yours)')
    .addOption(
      new Option('--platform <name>', 'places of another platform (default: this one)').choices(PLATFORMS),
    )
    .option('--upload', 'tell the tenant what was found, as the device of an enrolled agent', false)
    .option(
      '--profile <name>',
      'which agent of this machine tells it; upload is then wanted (default: `default`)',
    )
    .action((options) =>
      finish(async (terminal) => {
        const { scan } = await import('./scan/scan.ts')
        const upload = options.upload ? (options.profile ?? 'default') : (options.profile ?? null)
        const platform = PLATFORMS.find((name) => name === options.platform) ?? thisPlatform()
        const wanted = {
          path: options.path,
          home: options.home,
          platform,
          upload,
          searched: env['PATH'] ?? '',
        }
        return scan(config, wanted, terminal)
      }),
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 no finding of severity high; 1 there is one; 2 misuse; 3 it could not be uploaded; 4 a fault of writ.',
    )
  example(scanning, 'writ scan --path ~/work/shop --json')
}

function thisPlatform(): Platform {
  const platform = PLATFORMS.find((name) => name === process.platform)
  if (platform === undefined)
    throw new Failure(`no places are known on ${process.platform}`, 'Name one with --platform.')
  return platform
}
