// `npm test`: every test, against a Postgres and a Redis that this run starts and removes. Arguments go to Jest.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { join, relative, resolve } from 'node:path'
import { ensureBuild, ensureDependencies } from './dependencies.mjs'
import { startPostgres } from './local/postgres.mjs'
import { isAlive } from './local/process-table.mjs'
import { createSay } from './local/progress.mjs'
import { provideRedis } from './local/redis.mjs'
import { createRunning } from './local/running.mjs'
import { CLONE, stateDirectory } from './state.mjs'
import { prepareState } from './testing/prepared-state.mjs'

/** Rooms whose tests need no server and no build. */
const PURE = [
  'actions',
  'audit',
  'bundle',
  'clickhouse',
  'contracts',
  'credentials',
  'enforcement',
  'hooks',
  'identity',
  'inventory',
  'mcp',
  'outlets',
  'policy',
  'runtime',
  'sandbox',
]

const RUN = 'test-'
const LEFT_OPEN_MS = 20_000

const say = createSay(process.stderr)
const running = createRunning()
const home = stateDirectory()
const runDir = join(home, `${RUN}${process.pid}`)

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void finish(1))
try {
  await finish(await test(process.argv.slice(2)))
} catch (error) {
  console.error(`\nthe tests could not run: ${error.message}`)
  await finish(1)
}

async function test(args) {
  await ensureDependencies(say)
  removeAbandonedRuns()
  mkdirSync(runDir, { mode: 0o711 })
  running.add('state', () => rmSync(runDir, { recursive: true, force: true }))
  const homes = homesOf(args)
  const servers = homes.every(isPure) ? {} : await startServers()
  // Room specs run from source; apps and e2e start compiled programs.
  if (!homes.every(({ floor }) => floor === 'libs')) await ensureBuild(say)
  const prepared = homes.some(startsPlatforms) ? await prepareState(join(runDir, 'prepared')) : {}
  const summaryFile = join(runDir, 'summary.json')
  const code = await jest({ args, env: { ...servers, ...prepared }, summaryFile })
  printSummary(summaryFile)
  return code
}

// Runs that were killed; their servers ended with them.
function removeAbandonedRuns() {
  for (const name of readdirSync(home).filter((entry) => entry.startsWith(RUN))) {
    if (!isAlive(Number(name.slice(RUN.length)))) rmSync(join(home, name), { recursive: true, force: true })
  }
}

// What the arguments name; everything when they name no place.
function homesOf(args) {
  const rootDir = args.includes('--rootDir') ? [args[args.indexOf('--rootDir') + 1]] : []
  const paths = [...rootDir, ...args.filter((arg) => /^(libs|apps|e2e)\b/.test(arg))]
  const homes = paths.map((path) => relative(CLONE, resolve(path)).split('/'))
  return homes.length > 0 ? homes.map(([floor, room]) => ({ floor, room })) : [{ floor: 'all' }]
}

function isPure({ floor, room }) {
  return floor === 'libs' && PURE.includes(room)
}

function startsPlatforms({ floor }) {
  return floor === 'e2e' || floor === 'all'
}

async function startServers() {
  const postgres = await startPostgres({
    stateDir: runDir,
    password: 'test',
    port: 0,
    // Thrown away at the end: it must survive a killed process, not a power cut.
    settings: { fsync: 'off' },
  })
  running.add('postgres', postgres.stop)
  const env = {
    ...process.env,
    REDIS_URL: process.env.REDIS_URL_TEST,
    WRIT_REDIS: undefined,
    WRIT_REDIS_DIR: sharedCopy(),
  }
  const redis = await provideRedis({ stateDir: runDir, env, say })
  if (redis === null)
    throw new Error('the tests cover both modes and need a Redis: install redis-server or set REDIS_URL_TEST')
  running.add('redis', redis.stop)
  return {
    WRIT_TEST_DATABASE_URL: postgres.url,
    WRIT_TEST_REDIS_URL: redis.url,
    WRIT_REDIS_DIR: sharedCopy(),
  }
}

// `npm start` unpacks to the same place: one copy serves both.
function sharedCopy() {
  return process.env.WRIT_REDIS_DIR || join(home, 'redis-bin')
}

function jest({ args, env, summaryFile }) {
  const summary = ['--json', `--outputFile=${summaryFile}`]
  const program = join(CLONE, 'node_modules', 'jest', 'bin', 'jest.js')
  const child = spawn(
    process.execPath,
    [program, '-c', join(CLONE, 'jest.config.mjs'), ...withRoot(args), ...summary],
    {
      stdio: 'inherit',
      env: {
        ...withoutOwnServers(process.env),
        ...env,
      },
    },
  )
  running.add('jest', () => child.kill('SIGKILL'))
  const exited = new Promise((done) => {
    child.once('exit', (code) => done(code ?? 1))
  })
  return Promise.race([exited, leftOpen(summaryFile)])
}

// Jest waits for whatever a test left open, for ever. That is a fault of the test, and a run must end.
async function leftOpen(summaryFile) {
  while (!existsSync(summaryFile)) await sleep(500, undefined, { ref: false })
  await sleep(LEFT_OPEN_MS, undefined, { ref: false })
  console.error(
    `the tests are done, but one left something open (a server, a client, a timer) for ${LEFT_OPEN_MS / 1000} s`,
  )
  return 1
}

function withRoot(args) {
  return args.includes('--rootDir') ? args : ['--rootDir', CLONE, ...args]
}

// What a developer's shell points at is not for tests to write to.
function withoutOwnServers(env) {
  const own = ['DATABASE_URL', 'REDIS_URL', 'WRIT_REDIS', 'WRIT_STATE_DIR']
  return Object.fromEntries(Object.entries(env).filter(([name]) => !own.includes(name)))
}

function printSummary(file) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = JSON.parse(
      readFileSync(file, 'utf8'),
    )
    // A file that could not even be loaded counts as one failed test: nothing of it was shown to work.
    const failed = numFailedTests + numRuntimeErrorTestSuites
    console.log(`tests: ${numPassedTests} passed, ${failed} failed, ${numPendingTests} skipped`)
  } catch {
    console.log('tests: 0 passed, 1 failed, 0 skipped')
  }
}

async function finish(code) {
  for (const failure of await running.stopAll()) console.error(`not stopped in order: ${failure}`)
  process.exit(code)
}
