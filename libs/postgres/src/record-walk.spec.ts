import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from '@jest/globals'
import { EntityManager } from 'typeorm'
import { searchLeaves } from './record-search.ts'

/** A log of a hundred thousand blocks in which nothing is found, and a look takes so long. @returns how many blocks each look was of */
async function looksOf(lookMs: number): Promise<number[]> {
  const looks: number[] = []
  const query = async (sql: string, [first, most]: readonly unknown[] = []) => {
    if (sql.includes('unnest')) {
      looks.push(Array.isArray(first) ? first.length : 0)
      await pause(lookMs)
      return []
    }
    if (sql.includes('tenant_logs')) return [{ size: 100_000 * 1024, summedUp: 100_000 }]
    return Array.from({ length: Number(most) }, (_, at) => ({ block: Number(first) + at }))
  }
  const manager: EntityManager = Object.create(EntityManager.prototype, { query: { value: query } })
  await searchLeaves(manager, { filter: { sha256: 'a'.repeat(64) }, order: 'oldest', limit: 50 })
  return looks
}

it('looks are longer the further a search has come, but for those that take long: one statement is no page', async () => {
  expect((await looksOf(0)).slice(0, 4)).toEqual([2, 8, 32, 64])
  expect(await looksOf(150)).toEqual([2, 2, 2])
})
