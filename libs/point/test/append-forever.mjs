// Appends records to a spool until it is killed, and says after each group how many are durable: append-forever.mjs <folder> <stream>
import { writeSync } from 'node:fs'
import { register } from 'node:module'

register('./typescript.mjs', import.meta.url)
const { hashOf } = await import('@writ/audit')
const { openSpoolDisk } = await import('../src/records/spool-disk.ts')
const { Spool } = await import('../src/records/spool.ts')
const { spoolLimits } = await import('../src/records/spool-limits.ts')

const [folder, stream] = process.argv.slice(2)
const limits = { ...spoolLimits(512 * 1024 * 1024), segmentBytes: 64 * 1024 }
const spool = await Spool.open(await openSpoolDisk(folder), stream.split(':')[1], limits, () =>
  process.exit(1),
)

for (let seq = 0; ;) {
  const group = Array.from({ length: 1 + (seq % 7) }, (_, place) => `record ${seq + place}`)
  const durable = await Promise.all(
    group.map((bytes, place) => spool.append({ stream, seq: seq + place, bytes }, hashOf(bytes))),
  )
  if (durable.includes(false)) process.exit(1)
  seq += group.length
  writeSync(1, `${seq}\n`)
}
