import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inheritedEnvironment } from './config.ts'

const WRIT = join(dirname(fileURLToPath(import.meta.url)), '../../cli/bin/writ.mjs')

export type WritResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** Runs the `writ` command as a person would, as a process of its own. */
export function writ(args: readonly string[], env: Record<string, string>): Promise<WritResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRIT, ...args], {
      env: { ...inheritedEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode: exitCode ?? 1, stdout, stderr }))
  })
}

export type SigningProxy = { readonly url: string; readonly stop: () => Promise<void> }

/** `writ connect --listen 0`: the signing proxy that an unmodified client talks to. */
export function startSigningProxy(
  args: readonly string[],
  env: Record<string, string>,
): Promise<SigningProxy> {
  const child = spawn(process.execPath, [WRIT, 'connect', ...args, '--listen', '0', '--json'], {
    env: { ...inheritedEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk))
  return new Promise((resolve, reject) => {
    child.on('message', (message: { port?: number }) => {
      if (!message.port) return
      resolve({
        url: `http://127.0.0.1:${message.port}/mcp`,
        stop: async () => {
          child.kill('SIGTERM')
          await ended
        },
      })
    })
    void ended.then(() => reject(new Error(`writ connect ended: ${stderr}`)))
  })
}
