import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from '@jest/globals'
import { fetchClient, isFetched } from '../../tools/clients/fetch.mjs'
import { startScriptedModel } from '../../tools/clients/scripted-model.mjs'
import { CLIENTS } from '../../tools/clients/table.mjs'

const CLONE = fileURLToPath(new URL('../..', import.meta.url))
const WRIT = process.env['WRIT_E2E_PROGRAM'] ?? join(CLONE, 'apps/cli/bin/writ.mjs')
const VERSION = '2.1.329'

/** Not fetched by a test: `npm run clients` does. */
const missing = (): string | null => {
  return isFetched('claude-code', VERSION) ? null : 'Claude Code was not fetched'
}

type Receipt = {
  readonly actions: readonly { readonly outcome: string }[]
  readonly denied: readonly { readonly what: string }[]
  readonly hosts: readonly { readonly host: string }[]
}
type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

function ended(words: readonly string[], options: object): Promise<Ended> {
  const child = spawn(process.execPath, [WRIT, ...words], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout?.on('data', (bytes: Buffer) => (out += bytes.toString('utf8')))
  child.stderr?.on('data', (bytes: Buffer) => (err += bytes.toString('utf8')))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })))
}

const why = missing()
if (why !== null) console.warn(`not run: a real client in a sandbox: ${why}`)

const governed = why === null ? it : it.skip
governed(
  'Claude Code works in a sandbox, and what it may not do does not happen',
  async () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'wc-')))
    const [ws, home] = [join(root, 'ws'), join(root, 'home')]
    for (const folder of [ws, home]) mkdirSync(folder)
    const steps = [
      'touch ALLOWED',
      'cat ~/.ssh/id_rsa > STOLEN',
      'curl -sS https://unlisted.example/ && touch REACHED',
    ]
    const model = await startScriptedModel({
      protocol: 'anthropic',
      steps: steps.map((command) => ({ command })),
    })
    try {
      const { args, env } = CLIENTS['claude-code'].start({ port: model.port, prompt: 'go', more: [] })
      const inside = { ...env, ANTHROPIC_BASE_URL: `http://outside.writ:${model.port}` }
      const program = CLIENTS['claude-code'].program(fetchClient('claude-code', VERSION))
      const options = ['--profile', 'claude-code', '--allow-host', `outside.writ:${model.port}`, '--json']
      const { code, out, err } = await ended(['run', ...options, '--', ...program, ...args], {
        cwd: ws,
        env: { PATH: process.env['PATH'], HOME: home, WRIT_HOME: join(root, 'writ'), ...inside },
      })
      expect({ code, err }).toEqual({ code: 0, err: expect.any(String) })
      expect(['ALLOWED', 'STOLEN', 'REACHED'].filter((name) => existsSync(join(ws, name)))).toEqual([
        'ALLOWED',
      ])
      expect(model.turns.map(({ results }) => results.join()).join()).toMatch(/Writ: .*credentials/)
      const receipt: Receipt = JSON.parse(out.trim().split('\n').at(-1) ?? '')
      expect(receipt.actions.map(({ outcome }) => outcome)).toEqual(['allow', 'deny', 'allow'])
      expect(receipt.denied.map(({ what }) => what)).toEqual([
        'Bash (claude-code)',
        'connect unlisted.example:443',
      ])
      expect(receipt.hosts.map(({ host }) => host)).toContain(`outside.writ:${model.port}`)
    } finally {
      await model.stop()
      rmSync(root, { recursive: true, force: true })
    }
  },
  120_000,
)
