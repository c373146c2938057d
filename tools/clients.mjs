// `npm run clients [-- CLIENT …] [--part PART] [--json] [--write]`: real coding agents, from npm, with a scripted model, where they can reach
// nothing; governed by the real hook client and daemon. `--write` puts the tables into docs/clients.md. What could not be run is "not run".
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBuild, ensureDependencies } from './dependencies.mjs'
import { createSay } from './local/progress.mjs'
import { CLONE } from './state.mjs'
import { BYPASSES, tryBypass } from './clients/bypasses.mjs'
import { tablesOf, withTables } from './clients/document.mjs'
import { fetchClient } from './clients/fetch.mjs'
import { govern } from './clients/governed.mjs'
import { COLUMNS, measureColumn, titleOf } from './clients/matrix.mjs'
import { roomProblem } from './clients/room.mjs'
import { CLIENTS } from './clients/table.mjs'
import { measureAdded } from './clients/timing.mjs'

const PARTS = ['governed', 'bypasses', 'timing', 'matrix']
const PAGE = join(CLONE, 'docs', 'clients.md')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    part: { type: 'string', multiple: true, default: [] },
  },
})
refuseUnknown(positionals, Object.keys(CLIENTS), 'client')
refuseUnknown(values.part, PARTS, 'part')
if (values.write && positionals.length > 0) {
  console.error('--write takes whole tables: name parts with --part, and no client')
  process.exit(2)
}
const isWanted = (client) => positionals.length === 0 || positionals.includes(client)
const isPart = (part) => values.part.length === 0 || values.part.includes(part)

const say = createSay(process.stderr)
await ensureDependencies(say)
await ensureBuild(say)
const problem = roomProblem()
const report = {
  command: 'clients',
  at: new Date().toISOString(),
  node: process.version,
  governed: await partOf('governed', versions(), (which, program) => govern({ ...which, program })),
  bypasses: await partOf('bypasses', BYPASSES, tryBypass),
  timing: await timing(),
  matrix: await partOf('matrix', COLUMNS, (column, program) => measureColumn(column, { program, say })),
}
if (values.write) writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), report))
console.log(values.json ? JSON.stringify(report) : tablesOf(report))
process.exit(isGood(report) ? 0 : 1)

/** Only the first version of a client can be governed: an older one is a way around, and stands there. */
function versions() {
  return Object.entries(CLIENTS).map(
    ([
      client,
      {
        versions: [version],
      },
    ]) => ({ client, version }),
  )
}

async function partOf(name, wanted, hold) {
  const results = []
  for (const which of isPart(name) ? wanted.filter(({ client }) => isWanted(client)) : []) {
    const result = await held(which, hold)
    say(`${name}: ${which.title ?? titleOf({ tier: 'enforce', ...which })}: ${summary(result)}`)
    results.push({ ...which, ...result })
  }
  return results
}

/** What cannot be fetched or run is no result, and never a good one. */
async function held(which, hold) {
  if (problem !== null) return { notRun: problem }
  try {
    return await hold(which, fetchClient(which.client, which.version))
  } catch (error) {
    return { notRun: error.message }
  }
}

async function timing() {
  if (!isPart('timing') || !isWanted('claude-code')) return null
  if (problem !== null) return { notRun: problem }
  return measureAdded().catch((error) => ({ notRun: error.message }))
}

function summary({ notRun, outcome, ...more }) {
  return notRun === undefined
    ? (outcome ?? (more.cells ? 'measured' : JSON.stringify(more)))
    : `not run: ${notRun}`
}

/** Governed clients are stopped and on record, and a way around gets through only where that is known. */
function isGood({ governed, bypasses }) {
  return (
    governed.every(
      (one) =>
        one.allowedRan &&
        !one.forbiddenRan &&
        one.reasonReached &&
        one.verified &&
        `${one.recorded}` === 'allow,deny',
    ) && bypasses.every(({ holds, falls }) => holds || (holds === false && falls !== null))
  )
}

function refuseUnknown(given, known, what) {
  const unknown = given.find((name) => !known.includes(name))
  if (unknown === undefined) return
  console.error(`no ${what} is called \`${unknown}\`; there are: ${known.join(', ')}`)
  process.exit(2)
}
