import { describe, expect, it } from '@jest/globals'
import type { RecordFilter } from '@writ/contracts'
import { TenantId } from '@writ/contracts'
import type { ClickHouse } from './client.ts'
import { find } from './questions.ts'

const tenant = TenantId.parse(`ten_${'0'.repeat(26)}`)

/** What is asked of a ClickHouse that has nothing. */
async function asked(filter: RecordFilter): Promise<string> {
  const statements: string[] = []
  const clickHouse: ClickHouse = {
    rows: (sql) => {
      statements.push(sql)
      return Promise.resolve([])
    },
    run: () => Promise.resolve(),
    close: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  }
  await find({ clickHouse, name: 'writ_records_1' }, tenant, { filter, order: 'oldest', limit: 5 })
  return statements.join(';')
}

describe('what is asked of the index', () => {
  it.each([
    { outcome: 'deny' },
    { decision: 'dec_0' },
    { sha256: 'a'.repeat(64) },
    { from: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' },
    { kind: 'unreadable' },
  ] satisfies RecordFilter[])(
    'by %p leaves out no bytes that were damaged before they were loaded: the ledger knows what they were',
    async (filter) => {
      expect(await asked(filter)).toMatch(/ AND \(kind = 'unreadable' OR \([^;]+\)\)\s+ORDER BY/)
    },
  )

  it('without a filter has no condition but the tenant', async () => {
    expect(await asked({})).toMatch(/WHERE tenant = 'ten_0+' AND kind != 'removed'\s+ORDER BY/)
  })
})
