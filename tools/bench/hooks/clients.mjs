// From the start of a hook client to its end, in the way of a coding agent: the event on stdin, the answer of a daemon on stdout.
// The daemon is a stand-in that reads and answers real events in real frames and decides nothing. All are run in turn, in one process.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildHookClient } from '../../local/hook-client.mjs'
import { median, result } from '../figures.mjs'

const ROUNDS = 100
const here = (name) => fileURLToPath(new URL(name, import.meta.url))

export async function clients({ say, running }) {
  const folder = mkdtempSync(join(tmpdir(), 'writ-bench-hooks-'))
  running.add('the hook clients', () => rmSync(folder, { recursive: true, force: true }))
  const native = buildHookClient({ dir: join(folder, 'native') })
  if (native.kind !== 'native') return [notMeasured('no C compiler')]
  const node = buildHookClient({ dir: join(folder, 'node'), kind: 'node' })
  const timer = compiledTimer(folder)
  await startDaemon(folder, running)
  say(`${ROUNDS} runs of each hook client in turn …`)
  const [floor, c, js, curl] = timed(timer, folder, [
    ['/bin/true'],
    [native.path, '--socket', join(folder, 'frames'), 'claude-code'],
    [node.path, '--socket', join(folder, 'frames'), 'claude-code'],
    ['/usr/bin/curl', '-sf', '--unix-socket', join(folder, 'http'), '--data-binary', '@-', 'http://writ/'],
  ])
  if (c === null || js === null) throw new Error('a hook client did not get its answer')
  return rowsOf({ floor, c, js, curl })
}

function rowsOf({ floor, c, js, curl }) {
  const row = ({ name, of, peer, runs, atMost }) =>
    result({
      name: `hooks.client.${name}`,
      value: of(c),
      unit: 'ms',
      of: 'ratio',
      peer,
      peerValue: of(runs),
      atMost,
      detail: 'spawn to exit, an event of 700 bytes in, an answer out',
    })
  const both = (peer, runs, atMost) => [
    row({ name: `p50.${peer.name}`, of: p50, peer: peer.words, runs, atMost: atMost.p50 }),
    row({ name: `p95.${peer.name}`, of: p95, peer: peer.words, runs, atMost: atMost.p95 }),
  ]
  return [
    ...both({ name: 'floor', words: '/bin/true' }, floor, { p50: 2, p95: 3 }),
    ...both({ name: 'node', words: 'the hook client in node' }, js, { p50: 0.1, p95: 0.1 }),
    ...(curl === null
      ? [notMeasured('curl is not here, or cannot ask the stand-in')]
      : both({ name: 'curl', words: 'curl --unix-socket' }, curl, { p50: 0.5, p95: 0.5 })),
  ]
}

const p50 = (values) => median(values)
const p95 = (values) => [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1]

const notMeasured = (detail) => ({
  name: 'hooks.client',
  value: null,
  unit: 'ms',
  target: '',
  holds: null,
  detail,
})

/** The clock stands outside of node: starting a program from node costs more than the program. */
function compiledTimer(folder) {
  const path = join(folder, 'timer')
  const compiler = ['cc', 'gcc', 'clang'].find(
    (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
  )
  const { status, stderr } = spawnSync(compiler, ['-O2', '-o', path, here('timer.c')], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the timer does not compile: ${stderr}`)
  return path
}

async function startDaemon(folder, running) {
  const child = spawn(process.execPath, [here('daemon.mjs'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.add('the stand-in daemon', () => child.kill('SIGKILL'))
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve)
    child.once('exit', () => reject(new Error('the stand-in daemon ended')))
  })
}

/** Milliseconds of each run of each command; null for a command that did not do what it should. */
function timed(timer, folder, commands) {
  const event = join(folder, 'event.json')
  writeFileSync(event, JSON.stringify(EVENT))
  const listed = commands.map((command) => [String(command.length), ...command]).flat()
  const { status, stdout, stderr } = spawnSync(timer, [event, String(ROUNDS), ...listed], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) throw new Error(`the timer failed: ${stderr}`)
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
  return commands.map((_command, at) => {
    const own = lines.filter(([command]) => command === at)
    return own.every(([, code]) => code === 0) ? own.map(([, , nanos]) => nanos / 1e6) : null
  })
}

const EVENT = {
  session_id: '2e6f41d0-7c1b-4f0a-9f5e-6d1a1c0e9b11',
  transcript_path: '/home/dev/.claude/projects/app/2e6f41d0.jsonl',
  cwd: '/home/dev/app',
  permission_mode: 'default',
  hook_event_name: 'PreToolUse',
  tool_name: 'Bash',
  tool_input: { command: 'git log --oneline | head -20', description: 'x'.repeat(380) },
  tool_use_id: 'toolu_01A',
}
