import { describe, expect, it } from '@jest/globals'
import { drill } from './drivers/drill.ts'

describe('npm run drill', () => {
  it('lists the drills, each with what it does', async () => {
    const listed = await drill()
    expect(listed.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'bit-flips',
        'bodies',
        'cross-tenant',
        'disk-full',
        'failing-disk',
        'fuzz',
        'insider',
        'judge',
        'kill-gateway',
        'ledger-faults',
        'postgres-down',
        'redis-flushed',
        'redis-full',
        'redis-killed',
        'slow-loris',
        'slow-readers',
        'soak',
        'unfinished-calls',
        'worker-killed',
        'worker-paused',
      ]),
    )
    expect(listed.every(({ detail, holds }) => detail.length > 20 && holds === null)).toBe(true)
  })

  // How long others wait is a figure of a machine that runs nothing else: the long form measures it.
  it.each(['bodies', 'slow-loris', 'slow-readers', 'soak'])(
    '%s: a gateway holds, in the short form',
    async (name) => {
      const results = (await drill(name, '--short')).filter((row) => !row.name.endsWith('p99'))
      expect(results.filter(({ holds }) => holds === false)).toEqual([])
      expect(results.filter(({ value }) => value !== null).length).toBeGreaterThan(3)
    },
    240_000,
  )
})
