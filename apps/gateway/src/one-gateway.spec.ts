import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

let stateDir = ''
const children: ChildProcess[] = []
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'writ-state-'))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 })
})

type Started = { readonly child: ChildProcess; readonly errors: () => string }

/** A real process, from the same sources; its control plane is away, which keeps no gateway from starting. */
function startGateway(): Started {
  const child = spawn(process.execPath, [...process.execArgv, MAIN], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      WRIT_GATEWAY_PORT: '0',
      WRIT_PUBLIC_ORIGIN: 'http://127.0.0.1:7410',
      WRIT_CONTROL_PLANE_URL: 'http://127.0.0.1:9',
      WRIT_JOIN_SECRET: 'j'.repeat(32),
      WRIT_GATEWAY_STATE_DIR: stateDir,
    },
  })
  children.push(child)
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  return { child, errors: () => errors }
}

/** Whether it gets as far as its spool, or ends before. */
async function opensSpool({ child }: Started): Promise<boolean> {
  rmSync(join(stateDir, 'spool'), { recursive: true, force: true })
  for (;;) {
    if (existsSync(join(stateDir, 'spool'))) return true
    if (child.exitCode !== null && child.stderr?.readableEnded) return false
    await sleep(20)
  }
}

describe('a gateway on a state directory that another one uses', () => {
  it('does not start and says which, and does once that one was killed', async () => {
    const first = startGateway()
    expect(await opensSpool(first)).toBe(true)
    const second = startGateway()
    expect([await opensSpool(second), second.child.exitCode]).toEqual([false, 2])
    expect(second.errors()).toContain(`WRIT_GATEWAY_STATE_DIR: another process uses ${stateDir} (`)
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    expect(await opensSpool(startGateway())).toBe(true)
  }, 120_000)
})
