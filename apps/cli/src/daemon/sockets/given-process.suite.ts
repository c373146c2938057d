import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { decodeReply, encodeAsk } from '@writ/hooks'
import type { HookReply } from '@writ/hooks'
import { newHome, NO_KEYS } from '../given-daemon.suite.ts'

export type DaemonProcess = {
  /** `ready`, or why it refused to start */
  readonly said: string
  readonly folder: string
  readonly home: string
  readonly socketPath: string
  readonly kill: (signal: NodeJS.Signals) => Promise<void>
}

const running: DaemonProcess[] = []

/** For `afterEach`. */
export async function killProcesses(): Promise<void> {
  for (const one of running.splice(0)) await one.kill('SIGKILL')
}

/** A daemon of policy files in a process of its own. */
export async function givenProcess(
  given: { readonly home?: string; readonly mode?: string } = {},
): Promise<DaemonProcess> {
  const home = given.home ?? (await newHome())
  const folder = join(home, 'run')
  const policy = join(home, 'policy.yaml')
  await writeFile(policy, NO_KEYS)
  const options = { home: join(home, '.writ'), policies: [policy], mode: given.mode ?? 'enforce', folder }
  const script = join(import.meta.dirname, '../../../test/daemon.mjs')
  const child = spawn(process.execPath, ['--conditions=@writ/source', script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], HOME: home },
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const said = await new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
    void ended.then(() => resolve('ended'))
  })
  const one: DaemonProcess = {
    said,
    folder,
    home,
    socketPath: join(folder, 'hook.sock'),
    kill: async (signal) => {
      child.kill(signal)
      await ended
    },
  }
  running.push(one)
  return one
}

/** What a hook client does. Null: nobody answered, and so it denies. */
export const askSocket = (path: string, client: string, payload: Uint8Array): Promise<HookReply | null> =>
  sendBytes(path, encodeAsk({ client, payload })).then((bytes) => bytes && decodeReply(bytes))

/** Null: nobody listens, or nothing came back. */
export function sendBytes(path: string, bytes: Uint8Array): Promise<Uint8Array | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = createConnection(path)
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.once('error', () => resolve(null))
    socket.once('close', () => resolve(chunks.length === 0 ? null : Buffer.concat(chunks)))
    socket.end(bytes)
  })
}
