// The load driver, a process of its own. Each job is one window: sessions are opened, some calls warm up, then a fixed number of calls is
// made by as many connections as wanted, each waiting for its answer. Every request is signed and rendered before the clock starts.
import { cpuMicrosOf, median } from '../figures.mjs'
import { openConnection, requestBytes } from './connection.mjs'
import { residentMegabytes, treeOf } from './placement.mjs'

/**
 * @typedef {{ url: string, headers: Record<string, string>, requests: { body: string, headers?: Record<string, string> }[] }} Line
 *   one connection: `initialize`, `notifications/initialized`, then its calls
 * @typedef {{ lines: Line[], warm: number, pids: number[], leastBytes: number, limitMs: number }} Job `warm`: calls of each line before the clock starts; no call is begun after `limitMs`
 */

process.on('message', (job) => {
  run(job).then(
    (figures) => process.send({ figures }),
    (error) => process.send({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit(0))

/** @param {Job} job */
async function run({ lines, warm, pids, ...bounds }) {
  const open = await Promise.all(lines.map(openLine))
  try {
    const warmed = await inAll(open, (line) => line.calls.splice(0, warm), bounds)
    const before = cpuOf(pids)
    const begun = performance.now()
    const latencies = await inAll(open, ({ calls }) => calls, bounds)
    const seconds = (performance.now() - begun) / 1000
    const figures = figuresOf({ latencies, seconds, before, after: cpuOf(pids), pids })
    return { ...figures, made: warmed.length + latencies.length }
  } finally {
    for (const { connection } of open) connection.close()
  }
}

async function inAll(open, callsOf, { limitMs, leastBytes }) {
  const until = performance.now() + limitMs
  return (await Promise.all(open.map((line) => inTurn(line, callsOf(line), { until, leastBytes })))).flat()
}

const trees = (pids) => pids.flatMap(treeOf)
const cpuOf = (pids) => trees(pids).reduce((sum, pid) => sum + (cpuMicrosOf(pid) ?? 0), 0)

function figuresOf({ latencies, seconds, before, after, pids }) {
  const ordered = latencies.toSorted((a, b) => a - b)
  return {
    calls: latencies.length,
    cpuMicros: (after - before) / latencies.length,
    cpuBefore: before,
    perSecond: latencies.length / seconds,
    p50Millis: median(ordered),
    p99Millis: ordered[Math.ceil(ordered.length * 0.99) - 1],
    megabytes: residentMegabytes(trees(pids)),
  }
}

/** Opens the session of one connection, as a client of MCP does, and renders its calls. */
async function openLine({ url: text, headers, requests: [initialize, initialized, ...calls] }) {
  const url = new URL(text)
  const connection = openConnection(url)
  const render = ({ body, headers: own }, more) =>
    requestBytes(url, { ...headers, ...more, ...own }, Buffer.from(body))
  const { status, head, body } = await connection.ask(render(initialize))
  if (status !== 200) throw new Error(`initialize was answered ${status}: ${body.toString().slice(0, 300)}`)
  const session = /\r\nmcp-session-id:\s*(\S+)/i.exec(head)?.[1]
  const version = /"protocolVersion":"([^"]+)"/.exec(body.toString())?.[1]
  const inSession = {
    'mcp-protocol-version': version,
    ...(session === undefined ? {} : { 'mcp-session-id': session }),
  }
  const noted = await connection.ask(render(initialized, inSession))
  if (noted.status >= 300) throw new Error(`the session could not be opened: ${noted.status}`)
  return { connection, calls: calls.map((call) => render(call, inSession)) }
}

/** Milliseconds of each call. @throws when one is not answered with a result */
async function inTurn({ connection }, requests, { until, leastBytes }) {
  const latencies = []
  for (const request of requests) {
    const begun = performance.now()
    if (begun > until) break
    const { status, body } = await connection.ask(request)
    latencies.push(performance.now() - begun)
    if (!isResult(status, body, leastBytes))
      throw new Error(
        `a call was answered ${status} (${body.length} bytes): ${body.toString().slice(0, 300)}`,
      )
  }
  return latencies
}

const isResult = (status, body, leastBytes) =>
  status === 200 && body.length >= leastBytes && body.includes('"result"') && !body.includes('"isError":true')
