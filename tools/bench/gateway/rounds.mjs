// Which windows are driven, how many calls each takes, and the rounds: every window once in each, in another order each time.
import { startModule } from './child.mjs'
import { driveRecorded, driveWindow } from './load.mjs'
import { ELSEWHERE, place } from './placement.mjs'

const ROUNDS = 5
/** On a busy machine there are fewer, so that the run ends; never fewer than three. */
const LEAST_ROUNDS = 3
const BUDGET_MS = 240_000
/**
 * What is measured is code that has run for a while, of the peers too. V8 is still compiling what a call passes through after ten thousand
 * calls, and that is a fifth of the processor time then: each hop makes so many calls first, or works so long for them.
 */
const WARM = { calls: 20_000, cpuMs: 10_000 }
const WARM_WINDOW = { calls: 4000, limitMs: 8000 }
const LARGE = { tool: 'read_report', leastBytes: 100_000 }

/** @returns {Promise<Record<string, any[]>>} by window, the figures of each round */
export async function measureRounds(stage, { hops, ours }) {
  const verifier = await startModule(stage.running, 'es256.mjs', { isSilent: true })
  const windows = {
    ...windowsOf(stage, { hops, ours }),
    es256: { warmUp: () => {}, measure: () => verifier.ask({ count: 2000 }) },
  }
  const figures = Object.fromEntries(Object.keys(windows).map((name) => [name, []]))
  stage.say('warming up …')
  for (const { warmUp } of Object.values(windows)) await warmUp()
  const begun = performance.now()
  for (let round = 1; round <= ROUNDS; round += 1) {
    if (round > LEAST_ROUNDS && performance.now() - begun > BUDGET_MS) break
    stage.say(`round ${round} of ${ROUNDS} …`)
    for (const name of shuffled(Object.keys(windows))) figures[name].push(await windows[name].measure())
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
    windows[`lone.apart.${name}`] = {
      warmUp: () => apart(stage, lone.warmUp),
      measure: () => apart(stage, lone.measure),
    }
  }
  return windows
}

const present = (some) => Object.entries(some).filter(([, hop]) => hop !== undefined)
/** Drives a hop in this shape, each window after as many calls that are not counted: V8 forgets. */
function driverOf(driver, hop, shape) {
  const drive = (wanted) =>
    (hop.lane === undefined ? driveWindow : driveRecorded)(driver, hop, { ...shape, ...wanted })
  return {
    warmUp: () => (isUsual(hop, shape) ? warm(drive, hop) : drive({ calls: 4 * shape.calls, limitMs: 8000 })),
    measure: () => drive({ warm: shape.calls }),
  }
}

/** Of other windows, the usual one has warmed what they share with it. */
const isUsual = ({ tool }, { concurrency = 16 }) => tool === undefined && concurrency > 1

/** Several gateways share the calls, and each has to get warm. */
async function warm(drive, { pids }) {
  const processes = Math.max(1, pids.length)
  for (let [calls, cpuMs] = [0, 0]; calls < WARM.calls * processes && cpuMs < WARM.cpuMs * processes;) {
    const figures = await drive(WARM_WINDOW)
    calls += figures.calls
    cpuMs += (figures.calls * figures.cpuMicros) / 1000
  }
}

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
