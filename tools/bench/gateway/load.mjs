// Windows of load: what a driver is told for each kind of hop, and what is made of its figures.
import { cpuMicrosOf } from '../figures.mjs'
import { callBody, INITIALIZE, INITIALIZED, MCP_HEADERS } from './content.mjs'
import { treeOf } from './placement.mjs'

let ids = 0

/** A window on a busy machine is shorter, not longer: what was signed for it would be too old by then. */
const LIMIT_MS = 2000

/**
 * One window. Proofs are made here, right before, for they are good for a minute.
 * @param {{ url?: string, urls?: string[], pids: number[], headers?: Record<string, string>, lane?: any, tool?: string, leastBytes?: number }} hop
 * @param {{ calls: number, warm?: number, concurrency?: number, limitMs?: number }} shape `calls` and `warm` in all
 */
export async function driveWindow(driver, hop, { calls, warm = 0, concurrency = 16, limitMs = LIMIT_MS }) {
  const each = Math.ceil(calls / concurrency)
  const warmEach = Math.ceil(warm / concurrency)
  const lines = []
  for (let line = 0; line < concurrency; line += 1) lines.push(await lineOf(hop, line, each + warmEach))
  const { figures, error } = await driver.ask({
    lines,
    warm: warmEach,
    pids: hop.pids,
    limitMs,
    leastBytes: hop.leastBytes ?? 900,
  })
  if (error !== undefined) throw new Error(error)
  return figures
}

async function lineOf({ url, urls = [url], headers = {}, lane, tool }, line, calls) {
  const target = urls[line % urls.length]
  const bodies = [INITIALIZE, INITIALIZED]
  for (let call = 0; call < calls; call += 1) bodies.push(callBody((ids += 1), { tool }))
  const sign = lane === undefined ? null : lane.agents[line % lane.agents.length].session.sign
  const requests = []
  for (const body of bodies)
    requests.push({ body, headers: sign ? await sign({ verb: 'POST', url: target, body }) : {} })
  return { url: target, headers: { ...MCP_HEADERS, ...headers }, requests }
}

/**
 * A window of ours, and the wait until the ledger has what was recorded in it: shipping is work of the gateway too.
 * `settledMicros` is CPU per call until then.
 */
export async function driveRecorded(driver, hop, shape) {
  const before = await hop.lane.records()
  const figures = await driveWindow(driver, hop, shape)
  const { made, cpuBefore, calls } = figures
  const sessions = shape.concurrency ?? 16
  await recordsReach(hop.lane, before + recordsOf(made, sessions))
  const after = hop.pids.flatMap(treeOf).reduce((sum, pid) => sum + cpuMicrosOf(pid), 0)
  return { ...figures, settledMicros: (after - cpuBefore) / calls }
}

/** Two for each message that is sent on: `initialize`, `notifications/initialized` and the calls. */
const recordsOf = (calls, sessions) => 2 * (calls + 2 * sessions)

async function recordsReach({ records, name }, wanted) {
  let kept
  for (let waited = 0; waited < 60_000; waited += 50) {
    kept = await records()
    if (kept === wanted) return
    if (kept > wanted) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the ledger of ${name} has ${kept} records and should have ${wanted}`)
}
