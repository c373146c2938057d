import { describe, expect, it } from '@jest/globals'
import { createTestDatabase } from './test-database.ts'

describe('a spec that needs Postgres', () => {
  it('fails with a sentence that says what to run when there is none', async () => {
    const url = process.env['WRIT_TEST_DATABASE_URL']
    delete process.env['WRIT_TEST_DATABASE_URL']
    try {
      await expect(createTestDatabase()).rejects.toThrow(
        'WRIT_TEST_DATABASE_URL is not set: run the specs through `npm test`, which starts a real Postgres for them',
      )
    } finally {
      if (url !== undefined) process.env['WRIT_TEST_DATABASE_URL'] = url
    }
  })
})
