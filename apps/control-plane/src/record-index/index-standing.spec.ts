import { describe, expect, it } from '@jest/globals'
import { TenantId } from '@writ/contracts'
import { createMetrics } from '@writ/runtime'
import { IndexStanding, withIndex } from './index-standing.ts'

const [ADA, BOB] = [TenantId.parse(`ten_${'1'.repeat(26)}`), TenantId.parse(`ten_${'2'.repeat(26)}`)]
const CURRENT = { isAway: false, behind: 0, loaded: 0, foreign: 0, failures: [] }

function given() {
  const world = { nowMs: 1000, isFeeding: true }
  const standing = new IndexStanding(() => world.nowMs)
  standing.fedWhile(() => world.isFeeding)
  return { world, standing }
}

describe('the standing of the index', () => {
  it('is in trouble once it has been behind for a minute, and until it is not', () => {
    const { world, standing } = given()
    standing.fed(CURRENT)
    standing.fed({ ...CURRENT, behind: 7 })
    expect([standing.trouble, standing.words]).toEqual([null, null])
    world.nowMs += 60_000
    expect([standing.trouble, standing.words]).toEqual(['behind', expect.stringContaining('behind')])
    expect(standing.figures).toMatchObject({ writ_index_leaves_behind: 7, writ_index_behind_seconds: 60 })
    standing.fed({ ...CURRENT, loaded: 7 })
    expect([standing.trouble, standing.figures.writ_index_behind_seconds]).toEqual([null, 0])
  })

  it('is in trouble at once when it is away, or of another ledger', () => {
    const { standing } = given()
    standing.fed({ ...CURRENT, isAway: true, behind: 3, failures: [new Error('x')] })
    expect([standing.trouble, standing.figures.writ_index_failures]).toEqual(['away', 1])
    standing.fed({ ...CURRENT, foreign: 2 })
    expect([standing.trouble, standing.figures.writ_index_foreign_tenants]).toEqual(['foreign', 2])
  })

  it('is for others to say once this process does not feed it any more', () => {
    const { world, standing } = given()
    standing.fed({ ...CURRENT, isAway: true, behind: 3 })
    world.isFeeding = false
    expect(standing.trouble).toBeNull()
    expect(standing.figures).toMatchObject({ writ_index_feeding: 0, writ_index_leaves_behind: 0 })
  })

  it('keeps the desk from it for seconds when it is away, and one tenant for a minute when it is slow for that one', () => {
    const { world, standing } = given()
    standing.failed(ADA, 'slow')
    expect([standing.restOf(ADA), standing.restOf(BOB), standing.trouble]).toEqual(['slow', null, null])
    standing.failed(BOB, 'away')
    expect([standing.restOf(ADA), standing.restOf(BOB), standing.trouble]).toEqual(['away', 'away', 'away'])
    world.nowMs += 5000
    expect([standing.restOf(ADA), standing.restOf(BOB), standing.trouble]).toEqual(['slow', null, null])
    world.nowMs += 55_000
    expect(standing.restOf(ADA)).toBeNull()
  })

  it('is in the metrics, without a tenant in them', async () => {
    const { standing } = given()
    standing.fed({ ...CURRENT, behind: 12, loaded: 30 })
    standing.answered('index')
    standing.answered('ledger')
    const text = await withIndex(createMetrics(), standing).exposition()
    for (const line of [
      'writ_index_feeding 1',
      'writ_index_leaves_behind 12',
      'writ_index_leaves_loaded 30',
      'writ_index_desk_answers 1',
      'writ_index_desk_fallbacks 1',
    ])
      expect(text.split('\n')).toContain(line)
    expect(text).not.toContain('ten_')
  })
})
