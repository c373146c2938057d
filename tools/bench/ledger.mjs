// The ledger: what it costs an enforcement point, how fast it takes records and how much it keeps of them, how fast it is asked and exported.
import { fillLedger } from './ledger/ingest.mjs'
import { openLedger } from './ledger/database.mjs'
import { measureSpool } from './ledger/spool.mjs'
import { measureTree } from './ledger/tree.mjs'

const RECORDS = 1_000_000
const MOST_RECORDS = 10_000_000

/** @param {{ full?: boolean, records?: number }} wanted `full`: ten million records */
export async function measure({ running, say, full = false, records = full ? MOST_RECORDS : RECORDS }) {
  const rows = []
  const part = async (name, work) => {
    const begun = performance.now()
    rows.push(...(await orWhyNot(name, work)))
    say(`${name}: ${Math.round((performance.now() - begun) / 1000)} s`)
  }
  await part('ledger.spool', () => measureSpool({ running, say }))
  await part('ledger.tree', measureTree)
  const ledger = await openLedger(running)
  const filled = { ...ledger, records, say, running }
  await part('ledger.ingest', () => fillLedger(ledger, filled))
  // Of a ledger that could not be filled there is nothing to ask.
  if (rows.at(-1).value === null) return rows
  await part('ledger.queries', async () => (await import('./ledger/queries.mjs')).measureQueries(filled))
  await part('ledger.export', async () => (await import('./ledger/export.mjs')).measureExport(filled))
  return rows
}

/** A part that could not run is a row that says why, and the others run. */
async function orWhyNot(name, work) {
  try {
    return await work()
  } catch (error) {
    return [{ name, value: null, unit: '', target: '', holds: null, detail: error.message }]
  }
}
