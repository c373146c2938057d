// `node tools/detectors.mjs [--data DIR]`: makes the tables of docs/detectors.md. DIR holds development data that is not in the
// repository, one directory for each part (`pii/`, `secrets/`, `injection/`); parts without one run on what they make or ship.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const PARTS = ['pii', 'secrets', 'injection']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' } },
})
const root = new URL('..', import.meta.url)
const unknown = positionals.find((part) => !PARTS.includes(part))
if (unknown !== undefined) {
  console.error(`no part is called \`${unknown}\`; there are: ${PARTS.join(', ')}`)
  process.exit(2)
}

const failed = (positionals.length > 0 ? positionals : PARTS).filter((part) => !made(part))
if (failed.length > 0) console.error(`not made: ${failed.join(', ')}`)
process.exit(failed.length > 0 ? 1 : 0)

function made(part) {
  console.log(`\n## ${part}\n`)
  const data = values.data === undefined ? undefined : join(values.data, part)
  const given = data !== undefined && existsSync(data) ? ['--data', data] : []
  const script = new URL(`libs/policy/eval/${part}.mjs`, root)
  return (
    spawnSync(process.execPath, [script.pathname, ...given], { cwd: root, stdio: 'inherit' }).status === 0
  )
}
