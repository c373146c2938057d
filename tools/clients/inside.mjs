// The inside of a room (see room.mjs): files, the scripted model, what is to run before, the client, and what could be seen of it.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { besideOf } from './fetch.mjs'
import { CLIENTS } from './table.mjs'
import { startScriptedModel } from './scripted-model.mjs'

const folder = process.argv[2]
const wanted = JSON.parse(readFileSync(join(folder, 'wanted.json'), 'utf8'))
const [home, work] = [join(folder, 'home'), join(folder, 'work')]
const client = CLIENTS[wanted.client]

must('ip', ['link', 'set', 'lo', 'up'])
overlay('/etc')
overlay('/usr/local')
const ambient = {
  PATH: `${join(home, '.bin')}:${process.env.PATH}`,
  HOME: home,
  XDG_RUNTIME_DIR: join(folder, 'run'),
  TERM: 'dumb',
  LANG: 'C.UTF-8',
  USER: 'dev',
  SHELL: '/bin/bash',
}
const model = await startScriptedModel({ protocol: client.protocol, steps: filled(wanted.steps) })
const started = client.start({
  port: model.port,
  prompt: wanted.prompt ?? 'go',
  more: filled(wanted.more ?? []),
})
if (client.beside !== undefined) {
  const into = join(home, client.beside.into)
  mkdirSync(into, { recursive: true })
  must('cp', ['-r', `${besideOf(wanted.client, wanted.version)}/.`, into])
}
put(home, { [`.bin/${client.name}`]: { text: onPath(client.program(wanted.program)), mode: 0o755 } })
put(home, started.home)
put(home, filled(wanted.home ?? {}))
put(work, filled(wanted.work ?? {}))
put('/', filled(wanted.machine ?? {}))
const before = []
for (const step of wanted.before ?? []) before.push(await begin(filled(step)))
const begun = performance.now()
const ended = await run(
  [...client.program(wanted.program), ...started.args],
  { ...ambient, ...started.env, ...filled(wanted.env ?? {}) },
  wanted.limitMs,
)
const tookMs = performance.now() - begun
const after = []
for (const step of wanted.after ?? []) after.push(await begin(filled(step)))
await model.stop()
writeFileSync(
  join(folder, 'told.json'),
  JSON.stringify({
    ...ended,
    tookMs,
    turns: model.turns,
    made: readdirSync(work),
    before,
    after,
    kept: Object.fromEntries((wanted.keep ?? []).map((path) => [path, textAt(filled(path))])),
  }),
)
process.exit(0)

/** `{home}`, `{work}` and `{folder}` in any text. */
function filled(value) {
  const places = { '{home}': home, '{work}': work, '{folder}': folder }
  return JSON.parse(JSON.stringify(value).replaceAll(/\{(home|work|folder)\}/g, (found) => places[found]))
}

/** The client where a person's shell would find it. */
function onPath(words) {
  return `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(' ')} "$@"\n`
}

function overlay(path) {
  const [upper, scratch] = ['upper', 'scratch'].map((part) => join(folder, 'layers', path, part))
  for (const part of [upper, scratch]) mkdirSync(part, { recursive: true })
  must('mount', [
    '-t',
    'overlay',
    '-o',
    `lowerdir=${path},upperdir=${upper},workdir=${scratch}`,
    'overlay',
    path,
  ])
}

function put(root, files) {
  for (const [path, file] of Object.entries(files)) {
    const at = join(root, path)
    mkdirSync(dirname(at), { recursive: true, mode: 0o755 })
    const { text, mode } = typeof file === 'string' ? { text: file, mode: 0o644 } : file
    writeFileSync(at, text, { mode })
  }
}

/** A step that stays (`stays: true`) is waited for until it has said `until`; any other until it ended. */
async function begin({ argv, env = {}, stays = false, until = '', limitMs = 90_000 }) {
  const options = { ...ambient, ...env }
  if (!stays) return run(argv, options, limitMs)
  const child = spawn(argv[0], argv.slice(1), { cwd: work, env: options, stdio: ['ignore', 'pipe', 'pipe'] })
  const words = []
  const isReady = new Promise((resolve) => {
    for (const pipe of [child.stdout, child.stderr])
      pipe.on('data', (chunk) => {
        words.push(chunk)
        if (Buffer.concat(words).includes(until)) resolve(true)
      })
    child.once('exit', () => resolve(false))
    setTimeout(() => resolve(false), limitMs).unref()
  })
  if (!(await isReady)) throw new Error(`${argv.join(' ')}: ${Buffer.concat(words).toString()}`)
  return { code: null, stdout: Buffer.concat(words).toString(), stderr: '' }
}

function run([program, ...args], env, limitMs) {
  const child = spawn(program, args, { cwd: work, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const [out, err] = [collect(child.stdout), collect(child.stderr)]
  let late = false
  const timer = setTimeout(() => {
    late = true
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, limitMs)
  return new Promise((resolve) => {
    child.once('error', (error) => {
      clearTimeout(timer)
      resolve({ code: 127, late, stdout: '', stderr: error.message })
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: code ?? signal, late, stdout: out(), stderr: err() })
    })
  })
}

function collect(pipe) {
  const chunks = []
  pipe.on('data', (chunk) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString()
}

function must(program, args) {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`)
}

function textAt(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}
