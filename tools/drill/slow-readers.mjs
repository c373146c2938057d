// Clients that open a stream without end and read none of it: cut off with a recorded reason, and no memory is kept for them (fault drill 27).
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { result } from '../bench/figures.mjs'
import { startWorld } from '../bench/world.mjs'
import { callBeside, signed } from './floods/caller.mjs'
import { watchMemory } from './floods/memory.mjs'
import { besideRow, memoryRow } from './floods/rows.mjs'
import { headOf } from './floods/raw.mjs'
import { recordsRefusedFor } from './floods/records.mjs'

// A young gateway grows by some 60 MiB when it is called at all, so the short form can only tell a flood of buffers from none.
const FORMS = {
  long: { clients: 50, patienceSeconds: 30, mostMib: 100 },
  short: { clients: 5, patienceSeconds: 2, mostMib: 100 },
}
const MIB = 1024 * 1024
/** What the buffers of the system take for one stream, twice over the loopback, besides one event in each of the processes. */
const IN_FLIGHT_MIB = 16

export async function run({ say, running, short }) {
  const { clients, patienceSeconds, mostMib } = short ? FORMS.short : FORMS.long
  const gateway = { WRIT_TIMEOUT_SLOW_READER_SECONDS: String(patienceSeconds) }
  const { agent, url, admin, defaultGroup, platform } = await startWorld({ running, tuning: { gateway } })
  const upstream = await startFlood(running)
  await admin('POST', 'connections', {
    name: 'flood',
    url: upstream.url,
    credential: { kind: 'none' },
    groups: [defaultGroup],
  })
  const floodUrl = url.replace('/tools/', '/flood/')
  await callBeside(agent, url, sleep(2_000))
  const memory = watchMemory(platform.gateways[0].pid, running)
  say(`${clients} clients that read nothing …`)
  const readers = []
  for (let at = 0; at < clients; at += 1) readers.push(await openReader(agent, floodUrl))
  running.add('readers', () => readers.forEach(({ stop }) => stop()))
  const cut = secondsUntilCut(upstream, patienceSeconds + 20)
  const beside = await callBeside(agent, url, cut)
  const grown = memory.stop()
  const recorded = await recordsRefusedFor(admin, 'reader_too_slow', clients)
  return [
    cutRow(await cut, clients, patienceSeconds),
    memoryRow('slow-readers', grown, mostMib),
    ...upstreamRows(await upstream.figures(), clients),
    result({
      name: 'slow-readers: recorded with the reason',
      value: recorded,
      unit: 'records',
      atLeast: clients,
      detail: 'reader_too_slow',
    }),
    besideRow('slow-readers', beside),
  ]
}

const cutRow = (seconds, clients, patienceSeconds) =>
  result({
    name: 'slow-readers: longest until cut',
    value: seconds,
    unit: 's',
    atMost: patienceSeconds + 10,
    detail: `${clients} clients, patience ${patienceSeconds} s`,
  })

const upstreamRows = ({ sentBytes, open }, clients) => [
  result({
    name: 'slow-readers: taken from the upstream',
    value: sentBytes / MIB / clients,
    unit: 'MiB each',
    atMost: IN_FLIGHT_MIB,
    detail: 'back-pressure: the upstream writes as fast as it is read',
  }),
  result({
    name: 'slow-readers: streams left open at the upstream',
    value: open,
    unit: 'streams',
    atMost: 0,
    detail: 'let go of when the client was cut',
  }),
]

async function startFlood(running) {
  const child = fork(fileURLToPath(new URL('floods/flooding-upstream.mjs', import.meta.url)))
  running.add('flooding upstream', () => child.kill('SIGKILL'))
  const [{ port }] = await once(child, 'message')
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    figures: async () => {
      child.send('figures')
      const [figures] = await once(child, 'message')
      return figures
    },
  }
}

const CALL = Buffer.from(
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"flood","arguments":{}}}',
)

/** Waits for its answer to begin, and then reads no more. */
async function openReader(agent, url) {
  const { hostname, port } = new URL(url)
  const headers = await signed(agent, url, CALL)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(headOf(url, [...Object.entries(headers), ['Content-Length', CALL.length]]))
  socket.write(CALL)
  const [first] = await once(socket, 'data')
  const text = first.toString('latin1')
  if (!text.startsWith('HTTP/1.1 200')) throw new Error(`no stream: ${text.slice(0, 300)}`)
  socket.pause()
  return { stop: () => socket.destroy() }
}

/** Who reads nothing hears nothing of its end either; the upstream does. */
async function secondsUntilCut(upstream, withinSeconds) {
  const begunMs = performance.now()
  const seconds = () => (performance.now() - begunMs) / 1000
  while (seconds() < withinSeconds) {
    if ((await upstream.figures()).open === 0) return seconds()
    await sleep(100)
  }
  return withinSeconds
}
