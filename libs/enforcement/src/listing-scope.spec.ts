import { describe, expect, it } from '@jest/globals'
import type { Rule } from '@writ/contracts'
import { mediated, whole } from './given.suite.ts'
import type { Given } from './given.suite.ts'

const noDeletes: Rule = {
  id: 'no-deletes',
  effect: 'deny',
  on: ['outbound'],
  when: { path: 'action.tool', op: 'eq', value: 'delete_all' },
  reason: 'Nothing is deleted.',
}
const listTools = { jsonrpc: '2.0', id: 7, method: 'tools/list', params: {} }

async function listed(given: Given, caching: object): Promise<unknown> {
  const result = { tools: [{ name: 'delete_all', inputSchema: {} }], ...caching }
  const { answer } = await mediated({
    ...given,
    message: listTools,
    answer: whole({ jsonrpc: '2.0', id: 7, result }),
  })
  if (answer.kind !== 'whole') throw new Error('it was refused')
  return JSON.parse(Buffer.from(answer.body).toString()).result
}

describe('a listing from which something was left out', () => {
  it('is of this caller alone, and not believed for longer than an access token', async () => {
    const caching = { ttlMs: 86_400_000, cacheScope: 'public' }
    expect(await listed({ rules: [noDeletes] }, caching)).toEqual({
      tools: [],
      ttlMs: 300_000,
      cacheScope: 'private',
    })
    expect(await listed({ rules: [noDeletes] }, { ttlMs: 5, cacheScope: 'private' })).toEqual({
      tools: [],
      ttlMs: 5,
      cacheScope: 'private',
    })
  })

  it('says nothing of caching where its version does not know it', async () => {
    expect(await listed({ rules: [noDeletes] }, {})).toEqual({ tools: [] })
  })
})
