// `node tools/mutants.mjs [ROOM] [--json]`: seeds known mistakes into a copy of a room, one at a time, and runs its specs on each. A mistake
// that no spec kills is a hole in the specs, and fails the command. The list is tools/mutants/ROOM.json: `find` has to stand exactly once in
// `file`, so that a mistake whose place was rewritten is heard of and not passed over. A list says its `source` where that is no library,
// which folders a run needs a `copies` of, and whether its specs ask a `postgres`, which is then started for the run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startPostgres } from './local/postgres.mjs'

const CLONE = dirname(dirname(fileURLToPath(import.meta.url)))
const AT_ONCE = 2
const SOUND = { killedBy: null, isBroken: false }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
})
const room = positionals[0] ?? 'policy'
const children = new Set()
let endServers = () => Promise.resolve()
const list = join(CLONE, `tools/mutants/${room}.json`)
if (!existsSync(list)) await stop(2, `there is no list of mistakes for \`${room}\``)
const {
  rooms = [],
  source = `libs/${room}/src`,
  copies: folders = rooms.map((name) => `libs/${name}`),
  postgres = false,
  // A mistake may well make an endless loop: then the specs have noticed it.
  longestSeconds = 120,
  specs,
  env,
  mutants,
} = JSON.parse(readFileSync(list, 'utf8'))

const started = Date.now()
const scratch = mkdtempSync(join(tmpdir(), 'writ-mutants-'))
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(scratch, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(1))

const servers = postgres ? await startServers() : {}
const copies = Array.from({ length: AT_ONCE }, (_, number) => copyTo(join(scratch, String(number))))
const misplaced = mutants.filter((mutant) => !standsOnce(copies[0], mutant))
if (misplaced.length > 0)
  await stop(2, misplaced.map(({ file, find }) => `${file} does not hold exactly once: ${find}`).join('\n'))
const sound = await test(copies[0], specs)
if (sound.killedBy !== null) await stop(2, `the specs fail without any mistake: ${sound.killedBy}`)

const waiting = [...mutants.entries()]
const results = []
await Promise.all(copies.map(work))
await conclude()

async function work(copy) {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [at, mutant] = next
    const result = { number: at + 1, file: mutant.file, why: mutant.why, ...(await attempt(copy, mutant)) }
    results.push(result)
    if (!values.json) console.log(lineOf(result))
  }
}

async function attempt(copy, mutant) {
  const path = placeOf(copy, mutant)
  const original = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    original.replace(mutant.find, () => mutant.replace),
  )
  const { killedBy, isBroken } = await testNearestFirst(copy, mutant)
  writeFileSync(path, original)
  if (isBroken)
    await stop(2, `number ${mutants.indexOf(mutant) + 1} cannot even be loaded: ${mutant.replace}`)
  return { killed: killedBy !== null, killedBy }
}

/** The spec that a mistake names, or the one beside the file, finds most mistakes in it, and soonest. */
async function testNearestFirst(copy, { file, spec: named = file.replace('.ts', '.spec') }) {
  const beside = specs.filter((spec) => spec === named)
  const near = beside.length > 0 ? await test(copy, beside) : SOUND
  return near.killedBy === null ? test(copy, specs) : near
}

function lineOf({ number, file, why, killed, killedBy }) {
  return killed
    ? `killed    ${number}. ${file}: ${why} (by: ${killedBy})`
    : `SURVIVED  ${number}. ${file}: ${why}`
}

async function conclude() {
  const killed = results.filter((result) => result.killed).length
  const seconds = Math.round((Date.now() - started) / 1000)
  results.sort((left, right) => left.number - right.number)
  if (values.json)
    console.log(JSON.stringify({ room, mutants: results.length, killed, seconds, results }, null, 2))
  else console.log(`${killed} of ${results.length} mistakes were killed, in ${seconds} s`)
  await end(killed === mutants.length ? 0 : 1)
}

async function startServers() {
  // The server of an embedded Postgres runs as a user of its own, who has to reach it.
  chmodSync(scratch, 0o711)
  const settings = { fsync: 'off' }
  const { url, stop: endPostgres } = await startPostgres({
    stateDir: scratch,
    password: 'test',
    port: 0,
    settings,
  })
  endServers = endPostgres
  return { WRIT_TEST_DATABASE_URL: url }
}

/** A clone of the rooms that the specs need; packages are shared. */
function copyTo(copy) {
  for (const path of ['package.json', 'jest.config.mjs', 'tools/testing', 'docs', ...folders])
    cpSync(join(CLONE, path), join(copy, path), {
      recursive: true,
      filter: (from) => !/\/(?:dist|node_modules)$/.test(from),
    })
  symlinkSync(join(CLONE, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

function placeOf(copy, { file }) {
  return join(copy, source, file)
}

function standsOnce(copy, mutant) {
  const path = placeOf(copy, mutant)
  return existsSync(path) && readFileSync(path, 'utf8').split(mutant.find).length === 2
}

/** Runs the specs until the first file of them fails. */
async function test(copy, chosen) {
  const program = join(CLONE, 'node_modules/jest/bin/jest.js')
  const paths = chosen.map((spec) => `${source}/${spec}`)
  const child = spawn(process.execPath, [program, '--rootDir', copy, '-w', '1', '--bail', ...paths], {
    cwd: copy,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...servers, ...env },
  })
  children.add(child)
  const timer = setTimeout(() => child.kill('SIGKILL'), longestSeconds * 1000)
  const [said, [code, signal]] = await Promise.all([text(child.stderr), once(child, 'close')])
  clearTimeout(timer)
  children.delete(child)
  if (signal !== null) return { killedBy: `no end within ${longestSeconds} s`, isBroken: false }
  return code === 0 ? SOUND : failureIn(said)
}

/** Jest names what failed behind a dot; a file that could not be loaded is named in the same place. */
function failureIn(said) {
  const killedBy = /^ {2}● (.*\S)\s*$/m.exec(said)?.[1] ?? 'Test suite failed to run'
  return { killedBy, isBroken: killedBy.endsWith('Test suite failed to run') }
}

async function stop(code, message) {
  console.error(message)
  await end(code)
}

async function end(code) {
  for (const child of children) child.kill('SIGKILL')
  await endServers()
  process.exit(code)
}
