// `npm run bench [-- NAME] [--json] [--full] [--records N]`: the benchmarks, with their peers in the same run, as medians and ratios.
import { parseArgs } from 'node:util'
import { ensureBuild, ensureDependencies } from './dependencies.mjs'
import { createSay } from './local/progress.mjs'
import { createRunning } from './local/running.mjs'

const BENCHES = {
  policy: () => import('./bench/policy.mjs'),
  decide: () => import('./bench/decide.mjs'),
  identity: () => import('./bench/identity.mjs'),
  verify: () => import('./bench/verify.mjs'),
  ingest: () => import('./bench/ingest.mjs'),
  ledger: () => import('./bench/ledger.mjs'),
  call: () => import('./bench/call.mjs'),
  gateway: () => import('./bench/gateway.mjs'),
  enforcement: () => import('./bench/enforcement.mjs'),
  run: () => import('./bench/run.mjs'),
  hooks: () => import('./bench/hooks.mjs'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    /** `ledger`: ten times as much, and as many times as long */
    full: { type: 'boolean', default: false },
    /** `ledger`: so many, for a look */
    records: { type: 'string' },
  },
})
const unknown = positionals.find((name) => !(name in BENCHES))
if (unknown !== undefined) {
  console.error(`no benchmark is called \`${unknown}\`; there are: ${Object.keys(BENCHES).join(', ')}`)
  process.exit(2)
}

const size = { full: values.full, ...(values.records ? { records: Number(values.records) } : {}) }
const say = createSay(process.stderr)
let running = createRunning()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => void running.stopAll().then(() => process.exit(1)))

await ensureDependencies(say)
await ensureBuild(say)
const results = []
for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHES)) {
  say(`measuring ${name} …`)
  const { measure } = await BENCHES[name]()
  results.push(...(await measured(name, measure)))
}
print({ command: 'bench', at: new Date().toISOString(), node: process.version, results })
process.exit(0)

/** A benchmark that could not run is a result that says why; it never passes for one that held. */
async function measured(name, measure) {
  running = createRunning()
  try {
    return await measure({ say, running, ...size })
  } catch (error) {
    return [{ name, value: null, unit: '', target: '', holds: null, detail: error.message }]
  } finally {
    await running.stopAll()
  }
}

function print(report) {
  if (values.json) return console.log(JSON.stringify(report))
  for (const { name, value, unit, target, holds, peer, peerValue, ratio, detail } of report.results) {
    const verdict =
      value === null ? 'not measured' : holds === null ? 'no target' : holds ? 'holds' : 'falls short'
    const against = peer ? `; ${peer}: ${round(peerValue)} ${unit}, ratio ${round(ratio)}` : ''
    console.log(`${name.padEnd(28)} ${round(value)} ${unit}${against}   target ${target || '-'}: ${verdict}`)
    if (detail) console.log(`${' '.repeat(29)}${detail}`)
  }
}

function round(value) {
  if (value === null || value === undefined) return '-'
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}
