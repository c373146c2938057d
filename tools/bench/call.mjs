// One governed call against the same call straight to the upstream. Requests are signed before the clock starts.
import { request, Agent } from 'node:http'
import { cpuMicrosOf, median, result } from './figures.mjs'
import { startWorld } from './world.mjs'

const ROUNDS = 7
const CALLS = 400
const CONCURRENCY = 16
const NOTE = 'The customer asked for a call in the afternoon, and for the invoice by post. '.repeat(12)

export async function measure({ running }) {
  const world = await startWorld({ running })
  const through = { url: world.url, headersFor: signedHeaders(world) }
  const direct = { url: world.upstream.url, headersFor: async () => ({ 'x-api-key': world.secret }) }
  await drive(through, 200, 8)
  await drive(direct, 200, 8)
  const rounds = { latency: { through: [], direct: [] }, cpu: { gateway: [], upstream: [] }, rate: [] }
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.latency.direct.push(median(await drive(direct, 100, 1)))
    rounds.latency.through.push(median(await drive(through, 100, 1)))
    const { cpu, seconds } = await underLoad(world, through)
    rounds.cpu.gateway.push(cpu.gateway)
    rounds.cpu.upstream.push(cpu.upstream)
    rounds.rate.push(CALLS / seconds)
  }
  return rows(rounds)
}

const rows = ({ latency, cpu, rate }) => [
  result({
    name: 'call.latency',
    value: median(latency.through),
    unit: 'ms p50',
    peer: 'direct',
    peerValue: median(latency.direct),
    detail:
      "one at a time; the governed call proves, decides twice, writes two fsync'd records and lends a credential",
  }),
  result({
    name: 'call.cpu',
    value: median(cpu.gateway),
    unit: 'us CPU',
    peer: 'upstream, same run',
    peerValue: median(cpu.upstream),
    detail: `CPU time of the gateway per call at ${CONCURRENCY} in flight; ${Math.round(median(rate))} calls/s with all processes on this machine`,
  }),
]

async function underLoad({ platform, upstream }, target) {
  const requests = await prepare(target, CALLS)
  const [gatewayBefore, upstreamBefore] = [cpuMicrosOf(platform.gateways[0].pid), cpuMicrosOf(upstream.pid)]
  const begun = performance.now()
  await send(requests, CONCURRENCY)
  const seconds = (performance.now() - begun) / 1000
  const used = (pid, before) => (cpuMicrosOf(pid) - before) / CALLS
  return {
    seconds,
    cpu: {
      gateway: used(platform.gateways[0].pid, gatewayBefore),
      upstream: used(upstream.pid, upstreamBefore),
    },
  }
}

const drive = async (target, count, concurrency) => send(await prepare(target, count), concurrency)

async function prepare({ url, headersFor }, count) {
  const requests = []
  for (let id = 1; id <= count; id += 1) {
    const params = { name: 'lookup_order', arguments: { order: `A-${id}`, note: NOTE } }
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }))
    requests.push({ url, body, headers: await headersFor(body) })
  }
  return requests
}

const signedHeaders =
  ({ agent, url }) =>
  (body) =>
    agent.session.sign({ verb: 'POST', url, body })

/** @returns latencies in ms. @throws when a call is not answered 200 */
async function send(requests, concurrency) {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  const latencies = []
  const queue = [...requests]
  const worker = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) latencies.push(await one(next, agent))
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  agent.destroy()
  return latencies
}

function one({ url, body, headers }, agent) {
  const begun = performance.now()
  const fields = {
    ...headers,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': body.length,
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent, headers: fields }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => {
        if (response.statusCode === 200 && !String(chunks).includes('"error"'))
          return resolve(performance.now() - begun)
        reject(new Error(`a call was answered ${response.statusCode}: ${String(chunks).slice(0, 200)}`))
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
