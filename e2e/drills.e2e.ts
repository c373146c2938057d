import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'

const CLONE = fileURLToPath(new URL('..', import.meta.url))
const Report = z.object({
  command: z.literal('drill'),
  results: z.array(
    z.object({
      name: z.string(),
      value: z.number().nullable(),
      holds: z.boolean().nullable(),
      detail: z.string(),
    }),
  ),
})

async function drill(...args: readonly string[]) {
  const program = join(CLONE, 'tools', 'drill.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, '--json'], {
    cwd: CLONE,
    timeout: 200_000,
    maxBuffer: 16 * 1024 * 1024,
  })
  return Report.parse(JSON.parse(stdout)).results
}

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

  // Rates and waiting times, too, are of a machine that runs nothing else.
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
