import { join } from 'node:path'
import type { DecideEgress, ProxySettings } from '@writ/sandbox'
import type { CliConfig } from '../config.ts'
import { cliConfig } from '../config.ts'
import type { Daemon, DaemonSource } from '../daemon/index.ts'
import { openDaemon } from '../daemon/index.ts'
import { EXIT, Failure } from '../failure.ts'
import { keyStoresOf } from '../keys/key-stores.ts'
import { readProfile } from '../profile.ts'
import type { Terminal } from '../terminal.ts'
import type { RunOptions } from './options.ts'
import { packageFaults, readPackageKnowledge } from './package-faults.ts'
import type { Run } from './run-plan.ts'
import { startingPolicies } from './starting-policies.ts'

/** The daemon of one run, in this process. */
export type Enforcement = {
  readonly mode: 'observe' | 'enforce'
  readonly socketPath: string
  readonly recordsFolder: string
  /** the command that verifies its records */
  readonly verify: string
  readonly decide: DecideEgress
  readonly refused: Daemon['refused']
  /** by the file that was named; else by what the tenant, or this program, knows of packages */
  readonly packageFault: ProxySettings['packageFault']
  close(): Promise<void>
}

/** @param folder where its sockets go */
export async function openEnforcement(
  {
    env,
    options,
    terminal,
    home,
    workspaces,
  }: Pick<Run, 'env' | 'options' | 'terminal' | 'home' | 'workspaces'>,
  folder: string,
): Promise<Enforcement> {
  const config = cliConfig(env)
  const source = await sourceOf(config, options, terminal)
  const named = options.packages === undefined ? null : readPackageKnowledge(options.packages)
  const daemon = await openDaemon({
    config,
    source,
    sockets: { folder },
    userHome: home,
    run: { workspaces },
    proxyPort: null,
  })
  if (!(await daemon.whenReady())) {
    const { trouble } = daemon.status()
    await daemon.close()
    throw new Failure(
      `nothing can be decided yet: ${trouble ?? 'there is no policy'}`,
      'Try again when the control plane answers.',
      EXIT.unavailable,
    )
  }
  const { mode, recordsFolder } = daemon.status()
  return {
    mode: mode ?? 'enforce',
    socketPath: daemon.socketPath ?? '',
    recordsFolder,
    verify:
      source.kind === 'local'
        ? 'writ daemon export evidence.json && writ audit verify evidence.json'
        : 'writ audit verify',
    decide: decideBy(daemon),
    refused: daemon.refused,
    packageFault: packageFaults(named === null ? daemon.packages : () => named),
    close: daemon.close,
  }
}

async function sourceOf(config: CliConfig, options: RunOptions, terminal: Terminal): Promise<DaemonSource> {
  if (options.as === undefined)
    return {
      kind: 'local',
      policies:
        options.policy.length > 0
          ? options.policy
          : startingPolicies(join(config.WRIT_HOME, 'sandbox', 'policies')),
      mode: options.observe || options.unconfinedObserve ? 'observe' : 'enforce',
    }
  if (options.policy.length > 0)
    throw new Failure(
      '--policy and --as exclude each other',
      'An enrolled agent has the policy of its tenant.',
    )
  const keys = keyStoresOf(config, terminal)
  return { kind: 'tenant', stored: await readProfile(config.WRIT_HOME, options.as, keys), keys }
}

const decideBy =
  (daemon: Daemon): DecideEgress =>
  ({ host, port, verb, path, refusal }) =>
    daemon.connect({
      host,
      port,
      ...(verb === null ? {} : { verb }),
      ...(path === null ? {} : { path }),
      ...(refusal === null ? {} : { refusal }),
    })
