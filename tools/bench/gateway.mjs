// One 1 KB call through our gateway, against nginx, a bare Node.js hop and the gateways of npm: CPU time of the hop per call, in interleaved
// rounds of one run, all of them on one core. How: docs/benchmarks.md.
import { startDriver, startUpstream } from './gateway/stage.mjs'
import { HOPS } from './gateway/hops.mjs'
import { startOurs } from './gateway/ours.mjs'
import { isPinnable } from './gateway/placement.mjs'
import { proveEverythingIsOn } from './gateway/prove.mjs'
import { rowsOf } from './gateway/rows.mjs'
import { measureRounds } from './gateway/rounds.mjs'
import { megabytesPerHundredSessions } from './gateway/sessions.mjs'

export async function measure({ say, running }) {
  if (!isPinnable)
    throw new Error('not run: it takes Linux with taskset and chrt to put everything on one core')
  const stage = { say, running, driver: await startDriver(running), upstream: await startUpstream(running) }
  const { hops, missing } = await startHops(stage)
  say('starting two platforms: one with Redis and three gateways, one of a single node …')
  const ours = await startBoth(stage)
  for (const { lanes, platform } of Object.values(ours))
    await proveEverythingIsOn({ lane: lanes.full, upstream: stage.upstream, gateway: platform.gateways[0] })
  const figures = await measureRounds(stage, { hops, ours })
  say('memory of sessions …')
  const sessions = await megabytesPerHundredSessions(stage, ours.single)
  return rowsOf({ figures, missing, sessions, versions: versionsOf(hops) })
}

/** A hop that is not to be had is a row that says why. */
async function startHops({ running, upstream, say }) {
  const hops = {}
  const missing = {}
  for (const [name, start] of Object.entries(HOPS)) {
    try {
      hops[name] = await start(running, { upstreamUrl: upstream.url, secret: upstream.secret, say })
    } catch (error) {
      missing[name] = error.message
      say(`${name} could not be started: ${error.message}`)
    }
  }
  return { hops, missing }
}

async function startBoth({ running, upstream }) {
  const single = await startOurs({ running, upstream, redis: 'off', lanes: ['auth', 'full'] })
  const fleet = await startOurs({
    running,
    upstream,
    redis: 'required',
    gateways: 3,
    lanes: ['auth', 'full', 'session'],
  })
  return { single, fleet }
}

const versionsOf = (hops) =>
  Object.fromEntries(Object.entries(hops).map(([name, { version }]) => [name, version]))
