// Results that every flood has.
import { result } from '../../bench/figures.mjs'

/** @param {number | null} grown MiB; null where the system does not tell */
export function memoryRow(drill, grown, atMost) {
  const name = `${drill}: memory`
  const unit = 'MiB'
  if (grown === null)
    return {
      name,
      value: null,
      unit,
      target: `<= ${atMost}`,
      holds: null,
      detail: 'this system does not tell',
    }
  return result({ name, value: grown, unit, atMost, detail: 'growth of the resident set of the gateway' })
}

/** What somebody noticed who did nothing wrong meanwhile. */
export const besideRow = (drill, { times, failures }) =>
  result({
    name: `${drill}: calls beside it that failed`,
    value: failures.length,
    unit: 'calls',
    atMost: 0,
    detail: [`of ${times.length}`, ...new Set(failures)].join('; '),
  })
