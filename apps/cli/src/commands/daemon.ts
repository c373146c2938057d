import { writeFile } from 'node:fs/promises'
import { announceReady, createLog, onShutdown } from '@writ/runtime'
import { createProblemReport } from '@writ/point'
import type { CliConfig } from '../config.ts'
import { answerApproval, daemonApprovals, daemonStatus, noDaemon } from '../daemon/admin-client.ts'
import type { Status } from '../daemon/admin-client.ts'
import type { DaemonSource } from '../daemon/daemon.ts'
import { localEvidence } from '../daemon/evidence.ts'
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

/** 0: it decides. 1: it refuses everything, or only observes. 3: there is none. */
export async function statusOfDaemon(config: CliConfig, terminal: Terminal): Promise<ExitCode> {
  const status = await daemonStatus(config)
  if (status === null) throw noDaemon()
  show(terminal, status, linesOf(status).join('\n'))
  return status.isReady && status.mode === 'enforce' ? EXIT.ok : EXIT.no
}

function linesOf(status: Status): readonly string[] {
  const silence = status.silentSeconds === null ? '' : `, last word ${status.silentSeconds} s ago`
  return [
    `${status.agent} of ${status.tenant} (${status.source}), process ${status.pid}`,
    status.isReady ? 'decides and records' : 'refuses everything',
    ...(status.trouble === null ? [] : [`trouble: ${status.trouble}`]),
    `tier ${status.mode ?? 'unknown'}, bundle ${status.bundleVersion ?? 'none'}${silence}`,
    `session ${status.session ?? 'none'}, ${status.conversations} conversation(s) open`,
    `${status.recordsKept} record(s) on this machine, in ${status.recordsFolder}`,
    ...(status.proxyUrl === null ? [] : [`MCP: ${status.proxyUrl}/<connection>/mcp (the path is a secret)`]),
  ]
}

/** Says yes, or no, to what an agent of this device wants to do; without an id, what waits. */
export async function approve(
  config: CliConfig,
  { id, refuse }: { readonly id: string | undefined; readonly refuse: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  if (id === undefined) return listApprovals(config, terminal)
  const isThere = await answerApproval(config, id, !refuse)
  const done = refuse ? 'refused' : 'approved: it may be done once, when it is tried again'
  show(terminal, { id, answered: isThere }, isThere ? `${id} is ${done}` : `nothing of the name ${id} waits`)
  return isThere ? EXIT.ok : EXIT.no
}

async function listApprovals(config: CliConfig, terminal: Terminal): Promise<ExitCode> {
  const { waiting } = await daemonApprovals(config)
  const lines = waiting.map(
    ({ id, tool, reason, expiresAt }) => `${id}  ${tool}  ${reason}  until ${expiresAt}`,
  )
  show(terminal, { waiting }, lines.length === 0 ? 'nothing waits' : lines.join('\n'))
  return EXIT.ok
}

/** Writes the records of policy-file daemons of this machine to a file that verifies offline. */
export async function exportLocal(config: CliConfig, file: string, terminal: Terminal): Promise<ExitCode> {
  const evidence = await localEvidence(config.WRIT_HOME, Date.now())
  await writeFile(file, JSON.stringify(evidence), { mode: 0o600 }).catch(() => {
    throw new Failure(`cannot write ${file}`, 'Name a file in a folder that exists and is yours.')
  })
  show(
    terminal,
    { file, records: evidence.records.length },
    `${evidence.records.length} records written to ${file}. Verify them: writ audit verify ${file}`,
  )
  return EXIT.ok
}
