// `npm run drill -- NAME … [--json] [--short] [--seed N] [--cases N] [--all]`: the fault drills. Without a name it lists them. Each file of
// `tools/drill` is a drill; what several of them share is in folders beneath.
import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ensureBuild, ensureDependencies } from './dependencies.mjs'
import { createSay } from './local/progress.mjs'
import { createRunning } from './local/running.mjs'

const FOLDER = new URL('drill/', import.meta.url)
const DRILLS = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.mjs'))
  .map(({ name }) => name.slice(0, -'.mjs'.length))
  .toSorted()

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    /** a run of seconds, as the tests do it */
    short: { type: 'boolean', default: false },
    /** what all chance of a run is made of */
    seed: { type: 'string' },
    /** of drills that try many: how many */
    cases: { type: 'string' },
  },
})
const unknown = positionals.find((name) => !DRILLS.includes(name))
if (unknown !== undefined) refuseToStart(`no drill is called \`${unknown}\`; there are: ${DRILLS.join(', ')}`)
const settings = {
  short: values.short,
  seed: wholeNumber('seed') ?? randomInt(2 ** 31),
  cases: wholeNumber('cases'),
}

const say = createSay(process.stderr)
let running = createRunning()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => void running.stopAll().then(() => process.exit(1)))

const names = values.all ? DRILLS : positionals
print({
  command: 'drill',
  at: new Date().toISOString(),
  node: process.version,
  results: names.length === 0 ? DRILLS.map(listed) : await drilled(names),
})
process.exit(0)

async function drilled(wanted) {
  await ensureDependencies(say)
  await ensureBuild(say)
  const results = []
  for (const name of wanted) {
    say(`drilling ${name}, seed ${settings.seed} …`)
    results.push(...(await resultsOf(name)))
  }
  return results
}

/** A drill that could not run is a result that says why; it never passes for one that held. */
async function resultsOf(name) {
  running = createRunning()
  try {
    const { run } = await import(new URL(`${name}.mjs`, FOLDER).href)
    return await run({ say, running, ...settings })
  } catch (error) {
    return [{ name, value: null, unit: '', target: '', holds: null, detail: error.message }]
  } finally {
    for (const failure of await running.stopAll()) say(`not stopped in order: ${failure}`)
  }
}

/** What the first line of a drill says of it. */
function listed(name) {
  const [first = ''] = readFileSync(new URL(`${name}.mjs`, FOLDER), 'utf8').split('\n')
  return { name, value: null, unit: '', target: '', holds: null, detail: first.replace(/^\/\/ /, '') }
}

function wholeNumber(name) {
  const given = values[name]
  if (given === undefined) return undefined
  if (!/^\d{1,9}$/.test(given)) refuseToStart(`--${name} is a whole number`)
  return Number(given)
}

function refuseToStart(why) {
  console.error(why)
  process.exit(2)
}

function print(report) {
  if (values.json) return console.log(JSON.stringify(report))
  for (const { name, value, unit, target, holds, detail } of report.results) {
    if (names.length === 0) console.log(`${name.padEnd(16)} ${detail}`)
    else
      console.log(
        `${name.padEnd(44)} ${figureOf(value, unit)}   target ${target || '-'}: ${verdictOf(value, holds)}`,
      )
    if (names.length > 0 && detail) console.log(`${' '.repeat(45)}${detail}`)
  }
}

function verdictOf(value, holds) {
  if (value === null) return 'not run'
  if (holds === null) return 'no target'
  return holds ? 'holds' : 'FALLS SHORT'
}

function figureOf(value, unit) {
  return value === null ? '-' : `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${unit}`
}
