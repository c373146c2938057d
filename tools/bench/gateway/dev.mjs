// For who works on the hot path: `node tools/bench/gateway/dev.mjs [--only ours-full,nginx] [--calls 3000] [--rounds 3] [--redis off] [--cpu-prof]`.
// CPU of the gateway per call, seconds after the start of the platform. Builds first; starts and stops everything itself.
import { parseArgs } from 'node:util'
import { ensureBuild, ensureDependencies } from '../../dependencies.mjs'
import { createSay } from '../../local/progress.mjs'
import { createRunning } from '../../local/running.mjs'
import { median } from '../figures.mjs'
import { HOPS } from './hops.mjs'
import { driveRecorded, driveWindow } from './load.mjs'
import { startOurs } from './ours.mjs'
import { profileHook, profileOf } from './profile.mjs'
import { startDriver, startUpstream } from './stage.mjs'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'nginx,ours-auth,ours-full' },
    calls: { type: 'string', default: '3200' },
    rounds: { type: 'string', default: '3' },
    concurrency: { type: 'string', default: '16' },
    tool: { type: 'string', default: 'lookup_order' },
    redis: { type: 'string', default: 'required' },
    'cpu-prof': { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const say = createSay(process.stderr)
const running = createRunning()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => void running.stopAll().then(() => process.exit(1)))

try {
  await ensureDependencies(say)
  if (!values['no-build']) await ensureBuild(say)
  await measure(values.only.split(','))
} finally {
  await running.stopAll()
}
process.exit(0)

async function measure(names) {
  const { url, secret } = await startUpstream(running)
  const driver = await startDriver(running)
  const hops = await hopsOf(names, { url, secret })
  const figures = Object.fromEntries(Object.keys(hops).map((name) => [name, []]))
  const shape = {
    calls: Number(values.calls),
    concurrency: Number(values.concurrency),
    limitMs: 10_000,
  }
  for (const hop of Object.values(hops)) await oneWindow(driver, hop, shape)
  for (let made = 0; made < Number(values.rounds); made += 1)
    for (const [name, hop] of Object.entries(hops)) figures[name].push(await oneWindow(driver, hop, shape))
  for (const [name, all] of Object.entries(figures)) if (all.length > 0) tell(name, all)
  if (values['cpu-prof']) await profiled(driver, hops, shape)
}

function oneWindow(driver, hop, shape) {
  return hop.lane === undefined ? driveWindow(driver, hop, shape) : driveRecorded(driver, hop, shape)
}

async function hopsOf(names, { url, secret }) {
  const more = { tool: values.tool, leastBytes: values.tool === 'read_report' ? 100_000 : 900 }
  const hops = {}
  if (names.includes('direct')) hops.direct = { url, pids: [], headers: { 'x-api-key': secret }, ...more }
  for (const [name, start] of Object.entries(HOPS))
    if (names.includes(name))
      hops[name] = { ...(await start(running, { upstreamUrl: url, secret, say })), ...more }
  const lanes = ['auth', 'full', 'session'].filter((name) => names.includes(`ours-${name}`))
  if (lanes.length === 0) return hops
  const env = values['cpu-prof'] ? profileHook : {}
  const { platform, lanes: open } = await startOurs({
    running,
    upstream: { url, secret },
    redis: values.redis,
    lanes,
    env,
  })
  for (const name of lanes) {
    const lane = open[name]
    hops[`ours-${name}`] = { urls: lane.urls, pids: [platform.gateways[0].pid], lane, ...more }
  }
  return hops
}

function tell(name, all) {
  const of = (what) => median(all.map((one) => one[what]))
  const row = {
    name,
    cpuMicros: round(of('cpuMicros')),
    withShipping: all[0].settledMicros === undefined ? null : round(of('settledMicros')),
    best: round(Math.min(...all.map(({ settledMicros, cpuMicros }) => settledMicros ?? cpuMicros))),
    p50Millis: round(of('p50Millis')),
    p99Millis: round(of('p99Millis')),
    perSecond: Math.round(of('perSecond')),
    megabytes: Math.round(of('megabytes')),
  }
  console.log(
    values.json
      ? JSON.stringify(row)
      : Object.entries(row)
          .map(([key, value]) => `${key} ${value}`)
          .join('  '),
  )
}

async function profiled(driver, hops, shape) {
  for (const [name, hop] of Object.entries(hops)) {
    if (hop.lane === undefined) continue
    const report = await profileOf(hop.pids[0], () => oneWindow(driver, hop, shape))
    console.log(`\n${name}: ${report}`)
  }
}

function round(value) {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}
