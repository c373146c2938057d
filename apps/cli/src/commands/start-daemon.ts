import { announceReady, createLog, onShutdown } from '@writ/runtime'
import { createProblemReport } from '@writ/point'
import type { CliConfig } from '../config.ts'
import type { DaemonSource } from '../daemon/daemon.ts'
import { openDaemon } from '../daemon/open-daemon.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import { keyStoresOf } from '../keys/key-stores.ts'
import { readProfile } from '../profile.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'

export type DaemonCommand = {
  readonly profile: string
  /** policy files, and no tenant; empty: the tenant of the profile */
  readonly policy: readonly string[]
  readonly observe: boolean
  readonly gateway: string | undefined
  /** port of the signing proxy */
  readonly listen: number
}

/** Serves until it is told to stop. */
export async function startDaemon(
  config: CliConfig,
  options: DaemonCommand,
  terminal: Terminal,
): Promise<ExitCode> {
  const log = createLog('daemon', 'info')
  const daemon = await openDaemon({
    config,
    source: await sourceOf(config, options, terminal),
    sockets: 'shared',
    proxyPort: options.listen,
    report: createProblemReport(log, Date.now),
  })
  const stopped = new Promise<void>((resolve) => {
    onShutdown(async () => {
      await daemon.close()
      resolve()
    })
  })
  await daemon.whenReady()
  const { mode, tenant, agent, isReady, trouble } = daemon.status()
  show(
    terminal,
    { ...daemon.status(), socket: daemon.socketPath },
    [
      `${agent} of ${tenant}: hooks are answered on ${daemon.socketPath}${mode === null ? '' : `, tier ${mode}`}`,
      ...(isReady ? [] : [`not ready, so everything is refused: ${trouble ?? 'it is starting'}`]),
    ].join('\n'),
  )
  announceReady({ socket: daemon.socketPath })
  await stopped
  return EXIT.ok
}

async function sourceOf(
  config: CliConfig,
  { profile, policy, observe, gateway }: DaemonCommand,
  terminal: Terminal,
): Promise<DaemonSource> {
  if (policy.length > 0) return { kind: 'local', policies: policy, mode: observe ? 'observe' : 'enforce' }
  if (observe)
    throw new Failure('the tenant says whether its devices observe', 'Use --observe with --policy only.')
  const keys = keyStoresOf(config, terminal)
  const stored = await readProfile(config.WRIT_HOME, profile, keys)
  return { kind: 'tenant', stored, keys, ...(gateway === undefined ? {} : { gateway }) }
}
