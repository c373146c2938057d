// What `writ run` adds before a command begins, and until it has ended, against the bare command in the same run.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CLONE } from '../state.mjs'
import { median, result } from './figures.mjs'

const ROUNDS = 21
const WRIT = join(CLONE, 'apps', 'cli', 'bin', 'writ.mjs')

export async function measure({ running }) {
  if (process.platform !== 'linux') throw new Error('not run: there is a sandbox on Linux only')
  const root = mkdtempSync(join(tmpdir(), 'writ-bench-run-'))
  running.add('folder', () => rmSync(root, { recursive: true, force: true }))
  const places = { ws: join(root, 'ws'), home: join(root, 'home'), writ: join(root, 'writ') }
  for (const folder of Object.values(places)) mkdirSync(folder)
  spawnSync('git', ['init', '-q', places.ws])
  // makes what is made once: keys, the bridge, a copy of bubblewrap
  const first = timed(places, 'run')
  if (first === null) throw new Error('not run: no sandbox can be made here')
  const rounds = Array.from({ length: ROUNDS }, () => ({
    bare: timed(places, 'bare'),
    node: timed(places, 'node'),
    run: timed(places, 'run'),
  }))
  return rows(rounds)
}

function rows(rounds) {
  const of = (which, what) => median(rounds.map((round) => round[which][what]))
  const detail = `medians of ${ROUNDS} interleaved rounds`
  const added = (what) => of('run', what) - of('bare', what)
  return [
    result({
      name: 'run.start',
      value: added('beginsMs'),
      unit: 'ms',
      atMost: 300,
      peer: 'a Node.js program that starts the same command',
      peerValue: of('node', 'beginsMs') - of('bare', 'beginsMs'),
      detail: `added until the command begins; ${detail}: ${of('run', 'beginsMs').toFixed(0)} against ${of('bare', 'beginsMs').toFixed(0)} ms bare`,
    }),
    result({
      name: 'run.whole',
      value: added('wholeMs'),
      unit: 'ms',
      detail: `added until a command that does nothing has ended, with the daemon opened and closed and the receipt written; ${detail}`,
    }),
  ]
}

// The command itself says when it began, by the clock that we have too.
function timed({ ws, home, writ }, way) {
  const command = ['date', '+%s%N']
  const started = {
    bare: command,
    node: [
      process.execPath,
      '-e',
      `require('node:child_process').spawnSync('${command[0]}', ['${command[1]}'], { stdio: 'inherit' })`,
    ],
    run: [process.execPath, WRIT, 'run', '--', ...command],
  }
  const [program, ...words] = started[way]
  const env = { PATH: process.env.PATH, HOME: home, WRIT_HOME: writ }
  const begunMs = performance.timeOrigin + performance.now()
  const whole = performance.now()
  try {
    const said = execFileSync(program, words, { cwd: ws, env, stdio: ['ignore', 'pipe', 'ignore'] })
    return { beginsMs: Number(said.toString().trim()) / 1e6 - begunMs, wholeMs: performance.now() - whole }
  } catch {
    return null
  }
}
