// A migrated Postgres that every platform of a test run begins with: creating and migrating one takes 3 s of CPU, copying one a tenth
// of that. Made once for each run, from the build of that run, so it is never older than the migrations.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entryOf, runStep } from '../local/child.mjs'
import { startPostgres } from '../local/postgres.mjs'
import { migrationSettings } from '../local/settings.mjs'
import { CLONE, openState } from '../state.mjs'

/** Names the prepared state's directory for the processes of a run. */
const VARIABLE = 'WRIT_TEST_PREPARED_STATE'

/**
 * Migrates a Postgres of its own in `dir` and stops it.
 * @returns {Promise<Record<string, string>>} the environment by which the tests find it
 * @throws when Postgres does not start or the migrations fail
 */
export async function prepareState(dir) {
  mkdirSync(dir, { mode: 0o711 })
  const { secrets, release } = openState(dir)
  const server = await startPostgres({ stateDir: dir, password: secrets.postgresPassword, port: 0 })
  try {
    await runStep({
      name: 'migrate',
      entry: entryOf('control-plane', 'migrate'),
      env: migrationSettings({ secrets, ownerUrl: server.url }),
      cwd: CLONE,
      logFile: join(dir, 'migrate.log'),
    })
  } finally {
    await server.stop()
    release()
  }
  return { [VARIABLE]: dir }
}

/**
 * Begins the state of a platform as a copy of the prepared one. Only the passwords that stand in the database are the same in all of
 * them; every other secret is each platform's own.
 * @param {string} stateDir exists and is empty
 * @returns {boolean} whether its Postgres is migrated now; false where no state was prepared
 */
export function givePreparedState(stateDir, env = process.env) {
  const prepared = env[VARIABLE]
  if (!prepared) return false
  const { postgresPassword, appPassword, workerPassword } = JSON.parse(
    readFileSync(join(prepared, SECRETS), 'utf8'),
  )
  const secrets = JSON.stringify({ postgresPassword, appPassword, workerPassword })
  writeFileSync(join(stateDir, SECRETS), secrets, { mode: 0o600 })
  copyWithOwner(join(prepared, 'postgres'), stateDir)
  return true
}

const SECRETS = 'secrets.json'

// Started by root, Postgres runs as another id and owns its data; Node's own copy would give it to root.
function copyWithOwner(from, to) {
  const { status, stderr } = spawnSync('cp', ['-Rp', from, to], { encoding: 'utf8' })
  if (status !== 0 || !existsSync(join(to, 'postgres')))
    throw new Error(`the prepared Postgres could not be copied: ${stderr}`)
}
