// One audit worker's work, a process of its own so that its processor time is the worker's: `ingest-child.mjs WORKER_URL TENANT SEED RECORDS`.
// Records are made and signed in between, and that time is not counted.
import { once } from 'node:events'
import { openBatch } from '@writ/audit'
import { createTenantScope, ingestBatch, openDatabase } from '@writ/postgres'
import { packBatch, unpackBatch } from '../../../libs/redis/dist/record-packing.js'
import { createRecorder } from './sample-records.mjs'

const AT_ONCE = 2_000
const [workerUrl, tenant, seed, recordsText] = process.argv.slice(2)
const records = Number(recordsText)
const database = await openDatabase(workerUrl, { poolSize: 1, applicationName: 'writ bench' })
const scope = createTenantScope(database)
const recorder = createRecorder({ tenant, seed: Number(seed), records })
process.send({ node: recorder.node, publicKey: recorder.publicKey })
await once(process, 'message')

let [cpuMicros, wallMs] = [0, 0]
for (let made = 0; made < records; made += AT_ONCE) {
  // As they come from the queue: text, and nothing read of it yet.
  const texts = recorder.batches(AT_ONCE).map((batch) => JSON.stringify(packBatch(batch)))
  const begun = performance.now()
  const before = process.cpuUsage()
  for (const text of texts) await ingest(unpackBatch(JSON.parse(text)))
  const { user, system } = process.cpuUsage(before)
  cpuMicros += user + system
  wallMs += performance.now() - begun
  if (made % 100_000 < AT_ONCE) process.send({ made: made + AT_ONCE })
}
process.send({ isDone: true, cpuMicros, wallMs, records, meanBytes: recorder.meanBytes() })
await database.close()
process.disconnect()

async function ingest(batch) {
  const opened = openBatch(batch, recorder.publicKey)
  if (!Array.isArray(opened)) throw new Error(`a batch does not hold: ${opened.message}`)
  const { outcome } = await ingestBatch(scope, { batch, records: opened })
  if (outcome !== 'ingested') throw new Error(`a batch was not ingested: ${outcome}`)
}
