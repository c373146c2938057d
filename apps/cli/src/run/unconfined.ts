import { spawn } from 'node:child_process'
import type { Environment } from '@writ/runtime'
import { constants } from 'node:os'

// the terminal sends these to both
const ignore = (): undefined => undefined

/** Runs the command as it is, for `--unconfined-observe` alone. @returns its exit code */
export function runUnconfined([program = '', ...args]: readonly string[], env: Environment): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env })
    for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, ignore)
    const pass = (signal: NodeJS.Signals) => void child.kill(signal)
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, pass)
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      for (const name of ['SIGINT', 'SIGQUIT'] as const) process.off(name, ignore)
      for (const name of ['SIGTERM', 'SIGHUP'] as const) process.off(name, pass)
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}
