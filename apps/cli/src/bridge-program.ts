import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { Environment } from '@writ/runtime'
import type { CliConfig } from './config.ts'
import type { BridgeOptions } from './commands/bridge.ts'
import type { Finish } from './program-parts.ts'
import { example } from './program-parts.ts'

/** `writ bridge`: a stdio server, reachable by a gateway. */
export function addBridgeCommands(
  program: Command,
  config: Pick<CliConfig, 'WRIT_HOME'>,
  finish: Finish,
  environment: () => Promise<Environment> = ownEnvironment,
): void {
  const command = program
    .command('bridge')
    .description('make a stdio MCP server reachable by a gateway')
    .argument('<command...>', 'the server and its arguments, after `--`')
    .option('--listen <host:port>', 'where it listens; without a host on loopback (0: any free port)', '7430')
    .option(
      '--secret-file <file>',
      'the secret that every request has to show; made where there is none (default: in WRIT_HOME)',
    )
    .option('--tls-cert <file>', 'serve https: the certificate, and those that vouch for it, in PEM')
    .option('--tls-key <file>', 'its private key, in PEM')
    .option('--sessions <n>', 'servers that run at once, one for each session', whole, 20)
    .option('--idle <seconds>', 'ends a server that nobody used for so long', whole, 900)
    .action((words: string[], options: BridgeOptions) =>
      finish(async (terminal) => {
        const { bridge } = await import('./commands/bridge.ts')
        return bridge(config, { command: words, options, env: await environment() }, terminal)
      }),
    )
  example(command, 'writ bridge --listen 7430 -- npx -y @modelcontextprotocol/server-filesystem /srv/files')
}

const ownEnvironment = async (): Promise<Environment> => (await import('./config.ts')).ownEnvironment()

function whole(text: string): number {
  const value = Number(text)
  if (!/^\d{1,6}$/.test(text) || value === 0)
    throw new InvalidArgumentError('this is a whole number from 1 on')
  return value
}
