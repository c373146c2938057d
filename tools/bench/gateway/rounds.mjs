// Which windows are driven, how many calls each takes, and the rounds: every window once in each, in another order each time.
import { startModule } from './child.mjs'
import { driveRecorded, driveWindow } from './load.mjs'
import { ELSEWHERE, place } from './placement.mjs'

const ROUNDS = 5
/** On a busy machine there are fewer, so that the run ends; never fewer than three. */
const LEAST_ROUNDS = 3
const BUDGET_MS = 240_000
/** What is measured is code that has run for a while, of the peers too: so many calls first, and again before each window, for V8 forgets. */
const WARMING = { calls: 4000, limitMs: 8000 }
const LARGE = { tool: 'read_report', leastBytes: 100_000 }

/** @returns {Promise<Record<string, any[]>>} by window, the figures of each round */
export async function measureRounds(stage, { hops, ours }) {
  const verifier = await startModule(stage.running, 'es256.mjs', { isSilent: true })
  const windows = {
    ...windowsOf(stage, { hops, ours }),
    es256: () => verifier.ask({ count: 2000 }),
  }
  const figures = Object.fromEntries(Object.keys(windows).map((name) => [name, []]))
  stage.say('warming up …')
  const begun = performance.now()
  for (const measure of Object.values(windows)) await measure(WARMING)
  for (let round = 1; round <= ROUNDS; round += 1) {
    if (round > LEAST_ROUNDS && performance.now() - begun > BUDGET_MS) break
    stage.say(`round ${round} of ${ROUNDS} …`)
    for (const name of shuffled(Object.keys(windows))) figures[name].push(await windows[name]())
  }
  return figures
}

function windowsOf(stage, { hops, ours }) {
  const { upstream, driver } = stage
  const direct = { url: upstream.url, pids: [], headers: { 'x-api-key': upstream.secret } }
  const drive = (hop, shape) => driverOf(driver, hop, shape)
  const windows = { direct: drive(direct, { calls: 4800 }) }
  for (const [name, hop] of Object.entries(hops)) windows[name] = drive(hop, { calls: CALLS[name] })
  const alone = Object.fromEntries(
    Object.entries(ours).flatMap(([kind, { platform, lanes }]) =>
      Object.values(lanes).map((lane) => [`${kind}.${lane.name}`, throughOne(platform, lane)]),
    ),
  )
  for (const [name, hop] of Object.entries(alone)) windows[name] = drive(hop, { calls: 2400 })
  windows.three = drive(throughAll(ours.fleet), { calls: 4800, concurrency: 48 })
  const lones = { nginx: hops.nginx, single: alone['single.full'], fleet: alone['fleet.full'] }
  const large = { nginx: hops.nginx, auth: alone['single.auth'], full: alone['single.full'] }
  for (const [name, hop] of present(large))
    windows[`large.${name}`] = drive({ ...hop, ...LARGE }, { calls: 320, concurrency: 8 })
  for (const [name, hop] of present(lones)) {
    const lone = drive(hop, { calls: 300, concurrency: 1 })
    windows[`lone.${name}`] = lone
    windows[`lone.apart.${name}`] = () => apart(stage, lone)
  }
  return windows
}

const present = (some) => Object.entries(some).filter(([, hop]) => hop !== undefined)
/** Drives a hop in this shape; in the course of warming, with more calls. */
const driverOf = (driver, hop, shape) => (warming) => {
  const drive = hop.lane === undefined ? driveWindow : driveRecorded
  return drive(
    driver,
    hop,
    warming === undefined ? { ...shape, warm: shape.calls } : { ...shape, ...warmingOf(shape, warming) },
  )
}

const warmingOf = ({ calls, concurrency = 16 }, warming) =>
  concurrency < 16 ? { calls } : { ...warming, calls: Math.max(calls, (warming.calls * concurrency) / 16) }

/** The faster a hop, the more calls make a window of about a second. */
const CALLS = {
  nginx: 6400,
  'raw-node': 6400,
  'sdk-gateway': 1200,
  'mcp-proxy': 1200,
  inspector: 1200,
  'mcp-proxy-cli': 1200,
}

const throughOne = ({ gateways: [{ pid }] }, lane) => ({ url: lane.urls[0], pids: [pid], lane })
const throughAll = ({ platform, lanes }) => ({
  urls: lanes.full.urls,
  pids: platform.gateways.map(({ pid }) => pid),
  lane: lanes.full,
})

/** With driver and upstream on the other core, as somebody calls who is not on the gateway's machine. */
async function apart({ driver, upstream }, work) {
  const both = [driver.pid, upstream.pid]
  for (const pid of both) place(pid, { core: ELSEWHERE, yields: true })
  try {
    return await work()
  } finally {
    for (const pid of both) place(pid, { yields: true })
  }
}

const shuffled = (names) =>
  names
    .map((name) => ({ name, at: Math.random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ name }) => name)
