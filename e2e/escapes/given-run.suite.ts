import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scanFrames } from '@writ/audit'

export const WRIT =
  process.env['WRIT_E2E_PROGRAM'] ?? fileURLToPath(new URL('../../apps/cli/bin/writ.mjs', import.meta.url))

/** Why no sandbox can be tried here; null: it can. */
export function missingForSandbox(): string | null {
  if (process.platform !== 'linux') return 'this is not Linux'
  if (spawnSync('cc', ['--version']).status !== 0) return 'there is no C compiler for the probe'
  const home = mkdtempSync(join(tmpdir(), 'wn-'))
  const tried = spawnSync(process.execPath, [WRIT, 'run', '--', 'true'], {
    cwd: home,
    env: { ...process.env, HOME: home, WRIT_HOME: join(home, 'writ') },
    encoding: 'utf8',
  })
  rmSync(home, { recursive: true, force: true })
  return /there is no sandbox/.test(tried.stderr) ? tried.stderr.trim() : null
}

export type Receipt = {
  readonly records: string
  readonly denied: readonly { readonly decisionId: string }[]
  /** null: it could not be told of */
  readonly refused:
    | readonly { readonly what: string; readonly times: number; readonly decisionId: string }[]
    | null
}

export type Recorded = {
  readonly outcome: string
  readonly refusal: string | null
  readonly channel: string
  readonly action: { readonly method: string; readonly resource: string }
  readonly local: { readonly client: string; readonly times: number } | null
}

export const recordsIn = (folder: string): readonly Recorded[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.spool'))
    .flatMap((name) => scanFrames(readFileSync(join(folder, name))).frames)
    .map(({ bytes }): Recorded => JSON.parse(bytes))

export type Ended = {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly receipt: Receipt
}

export type RunAsk = {
  /** has `ws`, `home` and `writ` in it */
  readonly root: string
  readonly command: readonly string[]
  /** what `writ` itself is started by */
  readonly through?: readonly string[]
  readonly json?: boolean
}

/** One run in the workspace of `root`, to its end. */
export async function runWrit({ root, command, through = [], json = true }: RunAsk): Promise<Ended> {
  const own = [process.execPath, WRIT, 'run', ...(json ? ['--json'] : []), '--', ...command]
  const [program = '', ...words] = [...through, ...own]
  const env = { PATH: process.env['PATH'], HOME: join(root, 'home'), WRIT_HOME: join(root, 'writ') }
  const ended = await endOf(program, words, { cwd: join(root, 'ws'), env })
  const last = ended.stdout.trim().split('\n').at(-1) ?? ''
  if (json && !last.startsWith('{')) throw new Error(`writ run ended with ${ended.code}: ${ended.stderr}`)
  return { ...ended, receipt: json ? JSON.parse(last) : { records: '', denied: [], refused: null } }
}

export function endOf(
  program: string,
  words: readonly string[],
  options: object,
): Promise<Omit<Ended, 'receipt'>> {
  const child = spawn(program, [...words], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (bytes: Buffer) => (stdout += bytes.toString('utf8')))
  child.stderr?.on('data', (bytes: Buffer) => (stderr += bytes.toString('utf8')))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }))
  })
}
