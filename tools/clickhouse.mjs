// `npm run clickhouse`: the suite of the index against a real ClickHouse, a private one or the one of WRIT_TEST_CLICKHOUSE_URL.
// Not part of `npm test`: the package is large, and not every system has one.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { startClickHouse } from './local/clickhouse.mjs'
import { createSay } from './local/progress.mjs'
import { CLONE, stateDirectory } from './state.mjs'

const say = createSay(process.stderr)
const stateDir = join(stateDirectory(), `clickhouse-${process.pid}`)
const server = await provided()
try {
  say(`ClickHouse ${server.version} at ${server.url}`)
  process.exitCode = await suite(server.url)
} finally {
  await server.stop()
  rmSync(stateDir, { recursive: true, force: true })
}

async function provided() {
  const url = process.env.WRIT_TEST_CLICKHOUSE_URL
  if (url) return { url, version: '(yours)', stop: async () => {} }
  return startClickHouse({ stateDir, copyDir: join(stateDirectory(), 'clickhouse-bin'), say })
}

function suite(url) {
  const jest = join(CLONE, 'node_modules', 'jest', 'bin', 'jest.js')
  const words = ['-c', join(CLONE, 'jest.config.mjs'), '--testMatch', '**/libs/clickhouse/src/**/*.trial.ts']
  const child = spawn(process.execPath, [jest, ...words, ...process.argv.slice(2)], {
    cwd: CLONE,
    stdio: 'inherit',
    env: { ...process.env, WRIT_TEST_CLICKHOUSE_URL: url },
  })
  return new Promise((done) => {
    child.once('exit', (code) => done(code ?? 1))
  })
}
