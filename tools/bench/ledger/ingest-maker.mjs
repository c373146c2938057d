// What an audit worker of the benchmark gets to do, made in a process of its own: neither its processor time nor what it leaves in memory is the worker's.
// `ingest-maker.mjs TENANT SEED RECORDS`: tells its node, then answers each message with so many records in signed batches, as they stand in the queue.
import { packBatch } from '../../../libs/redis/dist/record-packing.js'
import { createRecorder } from './sample-records.mjs'

const [tenant, seed, records] = process.argv.slice(2)
const recorder = createRecorder({ tenant, seed: Number(seed), records: Number(records) })
process.on('message', (count) => {
  const texts = recorder.batches(count).map((batch) => JSON.stringify(packBatch(batch)))
  process.send({ texts, meanBytes: recorder.meanBytes() })
})
process.send({ node: recorder.node, publicKey: recorder.publicKey })
