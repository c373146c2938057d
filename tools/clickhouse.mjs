// `npm run clickhouse`: the suites of the index against a real ClickHouse, a private one or the one of WRIT_TEST_CLICKHOUSE_URL.
// `npm run clickhouse -- rebuild`: makes the index of WRIT_CLICKHOUSE_URL again, from the ledger of DATABASE_URL (docs/scale.md).
// Not part of `npm test`: the package is large, and not every system has one.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBuild, ensureDependencies } from './dependencies.mjs'
import { startClickHouse } from './local/clickhouse.mjs'
import { startPostgres } from './local/postgres.mjs'
import { createSay } from './local/progress.mjs'
import { CLONE, stateDirectory } from './state.mjs'

const say = createSay(process.stderr)
const stateDir = join(stateDirectory(), `clickhouse-${process.pid}`)
process.exitCode = process.argv[2] === 'rebuild' ? await rebuild() : await trial(process.argv.slice(2))

async function rebuild() {
  await ensureDependencies(say)
  await ensureBuild(say)
  return run(['--enable-source-maps', join(CLONE, 'apps/control-plane/dist/rebuild-index.js')], {})
}

async function trial(words) {
  const running = []
  try {
    const clickHouse = await provided()
    running.push(clickHouse.stop)
    say(`ClickHouse ${clickHouse.version} at ${clickHouse.url}`)
    const postgres = await startPostgres({ stateDir, password: 'test', port: 0, settings: { fsync: 'off' } })
    running.push(postgres.stop)
    await ensureBuild(say)
    return await suites(words, {
      WRIT_TEST_CLICKHOUSE_URL: clickHouse.url,
      WRIT_TEST_DATABASE_URL: postgres.url,
    })
  } finally {
    for (const stop of running.toReversed()) await stop()
    rmSync(stateDir, { recursive: true, force: true })
  }
}

async function provided() {
  const url = process.env.WRIT_TEST_CLICKHOUSE_URL
  if (url) return { url, version: '(yours)', stop: async () => {} }
  return startClickHouse({ stateDir, copyDir: join(stateDirectory(), 'clickhouse-bin'), say })
}

function suites(words, env) {
  const jest = join(CLONE, 'node_modules', 'jest', 'bin', 'jest.js')
  const trials = ['--testMatch', '**/{libs,apps}/*/src/**/*.trial.ts']
  return run([jest, '-c', join(CLONE, 'jest.config.mjs'), ...words, ...trials], env)
}

function run(words, env) {
  const child = spawn(process.execPath, words, {
    cwd: CLONE,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  return new Promise((done) => {
    child.once('exit', (code) => done(code ?? 1))
  })
}
