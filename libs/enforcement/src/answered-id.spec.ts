import { describe, expect, it } from '@jest/globals'
import { mediated } from './given.suite.ts'
import type { Given } from './given.suite.ts'

const idAfter = async (given: Given) => {
  const { answer } = await mediated(given)
  if (answer.kind !== 'refusal') throw new Error('it was answered')
  return [answer.refusal.code, answer.id]
}
const call = (id: unknown, params: unknown) => ({ jsonrpc: '2.0', id, method: 'tools/call', params })

describe('a refusal of what was read, or nearly read', () => {
  it('says which request it is about', async () => {
    const headers = { 'mcp-method': ['tools/list'] }
    expect(await idAfter({ message: call('a', { name: 'x' }), headers })).toEqual(['header_mismatch', 'a'])
    expect(await idAfter({ message: call(8, {}) })).toEqual(['message_malformed', 8])
    expect(await idAfter({ message: call(8, []) })).toEqual(['message_malformed', 8])
  })

  it('names none where readers could see two', async () => {
    const twice = '{"jsonrpc":"2.0","id":8,"id":9,"method":"tools/call","params":{}}'
    expect(await idAfter({ message: twice })).toEqual(['message_ambiguous', null])
    expect(await idAfter({ message: call(null, {}) })).toEqual(['message_malformed', null])
  })

  it('reads nothing of somebody who proved nothing', async () => {
    expect(await idAfter({ message: call(8, {}), headers: { authorization: [] } })).toEqual([
      'credentials_missing',
      null,
    ])
  })
})
