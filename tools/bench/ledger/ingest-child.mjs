// One audit worker's work, a process of its own so that its processor time is the worker's: `ingest-child.mjs WORKER_URL TENANT SEED RECORDS`.
// Records come from another process in between, and that time is not counted.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openBatch } from '@writ/audit'
import { createTenantScope, ingestBatch, openDatabase } from '@writ/postgres'
import { unpackBatch } from '../../../libs/redis/dist/record-packing.js'
import { median } from '../figures.mjs'
import { verificationMicros } from '../yardstick.mjs'

const MAKER = fileURLToPath(new URL('ingest-maker.mjs', import.meta.url))
const AT_ONCE = 2_000
const [workerUrl, tenant, seed, recordsText] = process.argv.slice(2)
const records = Number(recordsText)
const database = await openDatabase(workerUrl, { poolSize: 1, applicationName: 'writ bench' })
const scope = createTenantScope(database)
const maker = fork(MAKER, [tenant, seed, recordsText], { execArgv: [] })
const [{ node, publicKey }] = await once(maker, 'message')
process.send({ node, publicKey })
await once(process, 'message')

let [cpuMicros, wallMs, meanBytes] = [0, 0, 0]
const yardsticks = []
for (let made = 0; made < records; made += AT_ONCE) {
  maker.send(AT_ONCE)
  // As they come from the queue: text, and nothing read of it yet.
  const [given] = await once(maker, 'message')
  meanBytes = given.meanBytes
  const begun = performance.now()
  const before = process.cpuUsage()
  for (const text of given.texts) await ingest(unpackBatch(JSON.parse(text)))
  const { user, system } = process.cpuUsage(before)
  cpuMicros += user + system
  wallMs += performance.now() - begun
  if (made % 20_000 < AT_ONCE) yardsticks.push(verificationMicros())
  if (made % 100_000 < AT_ONCE) process.send({ made: made + AT_ONCE })
}
maker.disconnect()
process.send({ isDone: true, cpuMicros, wallMs, records, meanBytes, es256Micros: median(yardsticks) })
await database.close()
process.disconnect()

async function ingest(batch) {
  const opened = openBatch(batch, publicKey)
  if (!Array.isArray(opened)) throw new Error(`a batch does not hold: ${opened.message}`)
  const { outcome } = await ingestBatch(scope, { batch, records: opened })
  if (outcome !== 'ingested') throw new Error(`a batch was not ingested: ${outcome}`)
}
