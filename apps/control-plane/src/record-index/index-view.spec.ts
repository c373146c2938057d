import { describe, expect, it } from '@jest/globals'
import { createClickHouseIndex } from '@writ/clickhouse'
import type { ClickHouse } from '@writ/clickhouse'
import { TenantId } from '@writ/contracts'
import { TenantDb } from '../tenancy/tenant-db.ts'
import { IndexViews } from './index-view.ts'

const tenant = { id: TenantId.parse(`ten_${'0'.repeat(26)}`), slug: 'acme' }

/** A ledger that has nothing. */
const emptyLedger = (): TenantDb =>
  Object.assign(Object.create(TenantDb.prototype), { tenant, manager: { query: async () => [] } })

describe('counts by an index', () => {
  it('come from the ledger when it says without end that it could not read the same record', async () => {
    let asked = 0
    const rows = (sql: string): { leaf: string }[] => {
      if (!sql.includes("kind = 'unreadable'")) return []
      asked += 1
      if (asked > 3) throw new Error('it was asked for ever')
      return Array.from({ length: 500 }, () => ({ leaf: '0' }))
    }
    const liar: ClickHouse = {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever is asked, these are the rows
      rows: async <Row>(sql: string) => rows(sql) as Row[],
      run: async () => {},
      close: async () => {},
      destroy: async () => {},
    }
    const opened = { name: 'writ_records_1', index: createClickHouseIndex(liar, 'writ_records_1') }
    expect(await new IndexViews().toCount(emptyLedger(), opened)).toMatchObject({ reason: 'damaged' })
  })
})
