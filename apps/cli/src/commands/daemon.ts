import { writeFile } from 'node:fs/promises'
import type { CliConfig } from '../config.ts'
import { answerApproval, daemonApprovals, daemonStatus, noDaemon } from '../daemon/admin-client.ts'
import type { Status } from '../daemon/admin-client.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'

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
  // The disks of enforcement points, and not asked for by who asks a daemon.
  const { localEvidence } = await import('../daemon/evidence.ts')
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
