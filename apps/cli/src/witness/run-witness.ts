import { isIP } from 'node:net'
import { isPlainName, readNoteKey, writeNoteKey } from '@writ/audit'
import type { NoteKey } from '@writ/audit'
import { announceReady, listenOn, onShutdown } from '@writ/runtime'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import { refuseSharedFolder } from '../private-file.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'
import { openMemory } from './memory.ts'
import { createWitnessServer } from './serve-witness.ts'
import { createWitness, openWitnessKey } from './witness.ts'

export type WitnessOptions = {
  readonly listen: string
  readonly state: string
  readonly logKey: readonly string[]
  readonly name: string
  readonly mostLogs: number
}

/** Cosigns what only grows, until it is told to stop. */
export async function runWitness(options: WitnessOptions, terminal: Terminal): Promise<ExitCode> {
  const logs = options.logKey.map(logKeyIn)
  if (!isPlainName(options.name))
    throw new Failure(
      'that is no name for a witness',
      'Choose one of ASCII without spaces and plus signs, such as witness.example.',
    )
  const { key, privateKey } = await openWitnessKey(options.state, options.name)
  await refuseSharedFolder(options.state)
  const memory = await openMemory(options.state)
  const settings = { key, privateKey, logs, mostLogs: options.mostLogs, nowMs: () => Date.now() }
  const server = createWitnessServer(createWitness(settings, memory), (error) =>
    terminal.note(
      `writ: a request failed: ${error instanceof Error ? error.message : 'it is not known why'}`,
    ),
  )
  const { host, port: wanted } = placeIn(options.listen)
  const port = await listenOn(server, { host, port: wanted }).catch(() => {
    throw new Failure(
      `cannot listen on ${options.listen}`,
      'Choose another with --listen, or port 0 for any free one.',
    )
  })
  const url = `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const line = writeNoteKey(key)
  show(
    terminal,
    { url, key: line, logs: await memory.count() },
    `Witness at ${url}\nTell the log of it: WRIT_AUDIT_WITNESSES="${line} ${url}"`,
  )
  announceReady({ port })
  await new Promise<void>((resolve) => {
    onShutdown(() => {
      server.close(() => resolve())
      server.closeIdleConnections()
    })
  })
  return EXIT.ok
}

function logKeyIn(line: string): NoteKey {
  const key = readNoteKey(line)
  if (key?.type !== 'log')
    throw new Failure(
      'that is no key of a log',
      'Name a line of `anyLog` or `logKeys` in /.well-known/writ-audit.json of the control plane.',
    )
  return key
}

/** @throws Failure where it is no host and port */
function placeIn(listen: string): { readonly host: string; readonly port: number } {
  const [, host = '127.0.0.1', digits = ''] = /^(?:(\[[0-9a-f:.]+\]|[\w.-]+):)?(\d{1,5})$/i.exec(listen) ?? []
  if (digits === '' || Number(digits) > 65_535)
    throw new Failure('that is no place to listen at', 'Name a port, or host:port such as 127.0.0.1:7440.')
  return { host: host.replaceAll(/[[\]]/g, ''), port: Number(digits) }
}
