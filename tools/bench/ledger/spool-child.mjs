// One run of the ledger's benchmark, a process of its own so that its processor time is the ledger's: spool-child.mjs <folder> <in flight> <kept | carried | redis url>: whereto its records go
import { generateKeyPairSync } from 'node:crypto'
import { createLedger, openSpoolDisk, Shipper, Spool, spoolLimits } from '@writ/point'
import { connectRedis, createRecordQueue } from '@writ/redis'
import { verificationMicros } from '../yardstick.mjs'
import { entriesOf, id } from './entry.mjs'

/** One at a time, each call waits twice for the disk. */
const CALLS_ALONE = 1_500
const CALLS_TOGETHER = 20_000
const [folder, inFlightText, whereto] = process.argv.slice(2)
const inFlight = Number(inFlightText)
const CALLS = inFlight === 1 ? CALLS_ALONE : CALLS_TOGETHER
/** A gateway runs for days: what is measured is code that V8 has compiled, not its compiling. */
const WARM_UP = 3 * CALLS
const clock = { nowMs: Date.now, monotonicMicros: () => performance.now() * 1000 }
const node = id('nod')
const entries = entriesOf({ clock })
let commits = 0
let committedBytes = 0

async function run() {
  const spool = await openSpool(folder)
  const ledger = createLedger(
    { spool, node: () => node, newBoot: () => id('boo'), clock, build: '0.1.0', report: fail },
    id('boo'),
  )
  const stop = new AbortController()
  const carrier = whereto === 'kept' ? null : await openCarrier()
  const shipping = carrier && shipperOf(spool, carrier.carry).run(stop.signal)
  const latencies = []
  await drive(WARM_UP, ledger, [])
  commits = 0
  committedBytes = 0
  const before = process.cpuUsage()
  await drive(CALLS, ledger, latencies)
  stop.abort()
  await shipping
  const { user, system } = process.cpuUsage(before)
  await spool.close()
  await carrier?.close()
  latencies.sort((one, other) => one - other)
  return {
    cpuMicros: (user + system) / CALLS,
    p50Ms: latencies[Math.floor(latencies.length * 0.5)],
    p99Ms: latencies[Math.floor(latencies.length * 0.99)],
    recordsPerCommit: (2 * CALLS) / commits,
    frameBytes: Math.round(committedBytes / (2 * CALLS)),
  }
}

async function openSpool(at) {
  const disk = await openSpoolDisk(at)
  const counting = {
    ...disk,
    create: async (name) => {
      const file = await disk.create(name)
      return { ...file, write: (bytes) => (count(bytes), file.write(bytes)) }
    },
  }
  return Spool.open(counting, id('boo'), spoolLimits(1024 * 1024 * 1024), fail)
}

function count({ length }) {
  commits += 1
  committedBytes += length
}

const postHeads = async (heads) => ({
  watermarks: heads.map(({ stream }) => ({ stream, nextSeq: held.get(stream) ?? 0 })),
})

/** What was carried is what the ledger holds: the answer to a head costs a real one a request over HTTP every 200 ms. */
const held = new Map()
function shipperOf(spool, carry) {
  const take = async (batch) => {
    await carry(batch)
    held.set(batch.stream, batch.fromSeq + batch.records.length)
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  return new Shipper({
    spool,
    nodeKey: privateKey,
    queue: null,
    direct: take,
    postHeads,
    nowMs: Date.now,
    report: fail,
  })
}

async function openCarrier() {
  if (whereto === 'carried') return { carry: async () => {}, close: async () => {} }
  const link = connectRedis(whereto)
  await link.whenReady(5_000)
  await link.client.flushall()
  await link.close()
  const queue = createRecordQueue({ kind: 'redis', url: whereto })
  return { carry: queue.add, close: queue.close }
}

function fail(problem, error) {
  throw new Error(`the ledger could not be measured: ${problem}`, { cause: error })
}

async function drive(most, ledger, latencies) {
  let left = most
  const worker = async () => {
    for (; left > 0; left -= 1) await call(ledger, latencies)
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
}

/** A governed call writes before its effect and after it. */
async function call(ledger, latencies) {
  const entry = entries.opened()
  await timed(() => ledger.open(entry), latencies)
  await new Promise((answered) => setImmediate(answered))
  entries.ended(entry)
  await timed(() => ledger.close(entry), latencies)
}

async function timed(write, latencies) {
  const beganMs = performance.now()
  const unrecorded = await write()
  if (unrecorded) fail(unrecorded.code)
  latencies.push(performance.now() - beganMs)
}

const figures = await run()
console.log(JSON.stringify({ inFlight, ...figures, es256Micros: verificationMicros() }))
process.exit(0)
