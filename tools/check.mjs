// `npm run check`: everything that must hold before a change goes in, cheapest first. Stops at the first failure.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDependencies } from './dependencies.mjs'
import { createSay, secondsSince } from './local/progress.mjs'
import { CLONE } from './state.mjs'

const say = createSay()
const program = (name) => join(CLONE, 'node_modules', name)
const SOURCES = ['apps', 'libs', 'tools', 'e2e'].filter((folder) => existsSync(join(CLONE, folder)))

const STEPS = [
  ['format', [program('oxfmt/bin/oxfmt'), '--check', ...SOURCES]],
  ['lint', [program('oxlint/bin/oxlint'), '--type-aware']],
  ['rooms', [join(CLONE, 'tools', 'check-rooms.mjs')]],
  ['types', [program('typescript/bin/tsc'), '-b']],
  ['types of the e2e tests', [program('typescript/bin/tsc'), '-p', 'e2e']],
  ['tests', [join(CLONE, 'tools', 'test.mjs')]],
]

try {
  await ensureDependencies(say)
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
const begun = performance.now()
const failed = STEPS.find(([name, command]) => !passes(name, command))
console.log(failed ? `check: ${failed[0]} failed` : `check: all passed in ${secondsSince(begun)}`)
process.exit(failed ? 1 : 0)

function passes(name, command) {
  const stepBegun = performance.now()
  console.log(`── ${name}`)
  const { status } = spawnSync(process.execPath, command, { cwd: CLONE, stdio: 'inherit' })
  console.log(`   ${name} ${status === 0 ? 'passed' : 'FAILED'} in ${secondsSince(stepBegun)}`)
  return status === 0
}
