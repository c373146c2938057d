import { describe, expect, it } from '@jest/globals'
import { drill } from './drivers/drill.ts'

describe('the drills of the ledger', () => {
  // Rates and waiting times are of a machine that runs nothing else.
  it.each(['judge', 'ledger-faults', 'failing-disk', 'bit-flips', 'insider'])(
    '%s: nothing that was answered is lost, in the short form',
    async (name) => {
      const results = (await drill(name, '--short')).filter((row) => !/p99$|catches up$/.test(row.name))
      expect(results.filter(({ holds }) => holds === false)).toEqual([])
      const couldRun = !results.every(({ detail }) => detail.includes('no C compiler'))
      expect(results.filter(({ value }) => value !== null).length).toBeGreaterThan(couldRun ? 2 : -1)
    },
    240_000,
  )
})
