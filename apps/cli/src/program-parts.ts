import type { Command } from 'commander'
import { Option } from 'commander'
import type { ApiAccess } from './api.ts'
import type { CliConfig } from './config.ts'
import { serverIn } from './network.ts'
import type { Terminal } from './terminal.ts'

/** Runs a command's work and keeps its exit code: one of ours, or that of the command that `writ run` ran. */
export type Finish = (work: (terminal: Terminal) => Promise<number>) => Promise<void>

export const example = (command: Command, line: string): Command =>
  command.addHelpText('after', `\nExample:\n  ${line}`)

export const url = (config: CliConfig): Option =>
  new Option('--url <url>', 'control plane').default(config.WRIT_CONTROL_PLANE_URL)

export const profile = (): Option =>
  new Option('--profile <name>', 'which agent of this machine').default('default')

export const accessOf = (config: CliConfig, server: string): ApiAccess => ({
  origin: serverIn(server, config),
  apiKey: config.WRIT_API_KEY,
})
