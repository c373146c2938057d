// `npm run conformance [-- NAME] [--json] [--document] [--upstream URL]`: the official MCP suite. `client`: the agent library and the signing
// proxy against its servers; `authority`: a tenant's authority against its clients; `server`: gateways against the server behind them, which is
// our fixture or `--upstream`. `clients`, by name only: MCP clients from npm through a gateway. `--document` writes the result into
// docs/conformance.md.
import { parseArgs } from 'node:util'
import { documentResults } from './conformance/document.mjs'
import { suiteVersion } from './conformance/suite.mjs'
import { ensureBuild, ensureDependencies } from './dependencies.mjs'
import { createSay } from './local/progress.mjs'
import { createRunning } from './local/running.mjs'

const PARTS = {
  client: () => import('./conformance/client.mjs'),
  authority: () => import('./conformance/authority.mjs'),
  server: () => import('./conformance/server.mjs'),
  clients: () => import('./conformance/clients.mjs'),
}
/** The clients are fetched from npm, some hundred megabytes. */
const UNASKED = ['client', 'authority', 'server']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    document: { type: 'boolean', default: false },
    upstream: { type: 'string' },
  },
})
const unknown = positionals.find((name) => !(name in PARTS))
if (unknown !== undefined) {
  console.error(`there is no part \`${unknown}\`; there are: ${Object.keys(PARTS).join(', ')}`)
  process.exit(2)
}

const say = createSay(process.stderr)
let running = createRunning()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => void running.stopAll().then(() => process.exit(1)))

await ensureDependencies(say)
await ensureBuild(say)
const results = []
for (const name of positionals.length > 0 ? positionals : UNASKED) {
  say(`running ${name} …`)
  const { measure } = await PARTS[name]()
  results.push(...(await measured(name, measure)))
}
if (values.document) documentResults(results)
print({
  command: 'conformance',
  at: new Date().toISOString(),
  node: process.version,
  suite: suiteVersion(),
  results,
})
process.exit(0)

/** What could not run is a result that says why; it never passes for one that held. */
async function measured(name, measure) {
  running = createRunning()
  try {
    return await measure({ say, running, upstream: values.upstream })
  } catch (error) {
    return [{ name, value: null, unit: '', target: '', holds: null, detail: error.message }]
  } finally {
    await running.stopAll()
  }
}

function print(report) {
  if (values.json || process.env.npm_config_json === 'true') return console.log(JSON.stringify(report))
  for (const { name, value, holds, detail } of report.results) {
    const verdict = holds === null ? (value === null ? 'not run' : 'no target') : holds ? 'passes' : 'FAILS'
    console.log(`${name.padEnd(52)} ${verdict.padEnd(8)} ${detail}`)
  }
}
