// Results that every fault drill of the ledger has.
import { result } from '../../bench/figures.mjs'
import { judge, untilShipped } from './oracle.mjs'
import { sayingsOf } from './load.mjs'

const SHOWN = 3

export const none = (name, value, unit, detail) => result({ name, value, unit, atMost: 0, detail })

/** A row of what could not be measured: it never passes for one that held. */
export const notMeasured = (name, unit, target, detail) => ({
  name,
  value: null,
  unit,
  target,
  holds: null,
  detail,
})

/** Stops the load, waits until everything is shipped, and judges. */
export async function oracleRows(drill, world, { atLeast = 100, patienceMs } = {}) {
  await world.load.stop()
  const shippedSeconds = await untilShipped(world, patienceMs)
  return rowsOf(drill, await judge(world), { atLeast, shippedSeconds })
}

export function rowsOf(drill, found, { atLeast, shippedSeconds }) {
  return [
    result({
      name: `${drill}: answered decisions`,
      value: found.answered,
      unit: 'decisions',
      atLeast,
      detail: `each durable in a file of another process before it counts; ${sayingsOf(found.lines)}; ${
        shippedSeconds === null
          ? 'not all was shipped in time'
          : `shipped ${shippedSeconds.toFixed(1)} s later`
      }`,
    }),
    none(
      `${drill}: answered and nowhere`,
      found.missing.length,
      'decisions',
      `${found.records} records in the ledger; also counted: what is still on the gateway’s disk${shown(found.missing)}`,
    ),
    none(
      `${drill}: receipts that nothing stands behind`,
      found.contradicted,
      'receipts',
      'an answer named stream, number and hash of its record',
    ),
    none(
      `${drill}: recorded twice`,
      found.twice.length,
      'records',
      `one place, or one ending of a decision, that stands twice; or a disk that tells it otherwise${listed(found.twice)}`,
    ),
    none(
      `${drill}: gaps among the leaf indexes`,
      found.leafGaps,
      'records',
      'of all tenants, from 0 to the last',
    ),
    none(
      `${drill}: faults of the evidence`,
      found.faults.length,
      'faults',
      found.faults
        .slice(0, SHOWN)
        .map(({ message }) => message)
        .join('; ') || 'chain, sequence, signatures, heads',
    ),
    checkpointRow(drill, found),
  ]
}

function checkpointRow(drill, { checkpoints, wrongCheckpoints, whyNone }) {
  const name = `${drill}: checkpoints that the ledger contradicts`
  if (checkpoints === 0) return notMeasured(name, 'checkpoints', '<= 0', whyNone)
  return none(
    name,
    wrongCheckpoints,
    'checkpoints',
    `${checkpoints} were seen; the root of each was computed again from the stored bytes`,
  )
}

const shown = (missing) =>
  listed(
    missing.map(
      ({ decision, said, startedMs, receipt }) =>
        `${decision} (${said}, ${startedMs}, ${receipt ?? 'no receipt'})`,
    ),
  )

const listed = (words) =>
  words
    .slice(0, SHOWN)
    .map((word) => `; ${word}`)
    .join('')
