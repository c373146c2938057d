import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, it } from '@jest/globals'
import { stateDirectory } from '../tools/state.mjs'

type Run = { readonly exitCode: number | null; readonly output: string }

const folders: string[] = []
const newState = (): string => {
  const folder = join(stateDirectory(), `e2e-start-${process.pid}-${randomBytes(4).toString('hex')}`)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  folders.push(folder)
  return folder
}

/** `npm start -- --once`, as a process of its own; `killAt` kills it with SIGKILL when its output says so. */
function start(stateDir: string, env: Record<string, string>, killAt?: RegExp): Promise<Run> {
  const child = spawn(process.execPath, ['tools/start.mjs', '--once'], {
    env: { ...process.env, NODE_OPTIONS: '', WRIT_STATE_DIR: stateDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const hear = (chunk: Buffer) => {
    output += chunk.toString()
    if (killAt?.test(output)) child.kill('SIGKILL')
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  return new Promise((resolve) => child.once('close', (exitCode) => resolve({ exitCode, output })))
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const WITH_REDIS = {}
const SINGLE_NODE = { WRIT_REDIS: 'off' }

describe('npm start -- --once', () => {
  const folder = newState()

  it.each([
    ['with Redis', WITH_REDIS, folder],
    ['in single-node mode', SINGLE_NODE, newState()],
  ])(
    'shows the guided first call on an empty machine, and every check holds, %s',
    async (_mode, env, stateDir) => {
      const { exitCode, output } = await start(stateDir, env)
      expect([exitCode, output]).toEqual([0, expect.stringMatching(/(\d+) of \1 checks hold/)])
      expect(output).not.toContain('\u2717')
      for (const secret of [/wen_[0-9A-Z]{26}\.\S+/, /wak_[0-9A-Z]{26}\.\S+/, /-----BEGIN/])
        expect(output).not.toMatch(secret)
    },
    180_000,
  )

  it('survives a kill in the middle, and does it all again on the same data', async () => {
    const killed = await start(folder, WITH_REDIS, /Personal data does not leave/)
    expect(killed.exitCode).toBeNull()
    const { exitCode, output } = await start(folder, WITH_REDIS)
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/(\d+) of \1 checks hold/)])
  }, 240_000)
})
