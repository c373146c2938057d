// `spool-child.mjs FOLDER ACKNOWLEDGED`: the real ledger on the real spool writes a few records, and writes down, elsewhere, which of them it was told are durable.
import { closeSync, openSync, writeSync } from 'node:fs'
import { createLedger, openSpoolDisk, Spool, spoolLimits } from '@writ/point'
import { entriesOf } from '../../bench/ledger/entry.mjs'

const RECORDS = 14
const CONFIRMED_AFTER = 7
const MIB = 1024 * 1024
const numbered = (prefix, number) => `${prefix}_${String(number).padStart(26, '0')}`
const [folder, acknowledgedFile] = process.argv.slice(2)
const acknowledged = openSync(acknowledgedFile, 'w')
let boots = 0
let nowMs = 0
const newBoot = () => numbered('boo', (boots += 1))
// Time passes from call to call, so that what rests after a failure is tried again.
const clock = { nowMs: () => (nowMs += 2000), monotonicMicros: () => performance.now() * 1000 }
const told = (line) => writeSync(acknowledged, `${JSON.stringify(line)}\n`)

/** @returns null where the spool cannot even be opened: nothing is acknowledged then */
async function open(firstBoot) {
  try {
    const limits = { ...spoolLimits(16 * MIB), segmentBytes: 4096 }
    const fenced = (reason) => told({ fenced: String(reason?.message ?? reason) })
    return await Spool.open(await openSpoolDisk(folder), firstBoot, limits, fenced)
  } catch (error) {
    told({ closed: error.message })
    return null
  }
}

/** What is below is in the ledger, for all that the spool knows: it may let go of it. */
async function confirm({ stream, seq }) {
  told({ confirmed: { stream, seq } })
  await spool.confirm(stream, seq).catch((error) => told({ problem: error.message }))
}

const firstBoot = newBoot()
const spool = await open(firstBoot)
if (spool !== null) {
  const node = () => numbered('nod', 1)
  const report = (problem, error) => told({ problem: `${problem}: ${error?.message}` })
  const ledger = createLedger({ spool, node, newBoot, clock, build: '0', report }, firstBoot)
  const { opened } = entriesOf({ clock, tenant: numbered('ten', 1) })
  for (let record = 1; record <= RECORDS; record += 1) {
    const entry = opened()
    const unrecorded = await ledger.open(entry)
    told(unrecorded === null ? { ...entry.place } : { refused: unrecorded.code })
    await ledger.tend?.().catch((error) => told({ problem: error.message }))
    if (record === CONFIRMED_AFTER && entry.place) await confirm(entry.place)
  }
  await spool.close().catch((error) => told({ problem: error.message }))
}
told({ isWhole: true })
closeSync(acknowledged)
process.exit(0)
