import { describe, expect, it } from '@jest/globals'
import type { Rule } from '@writ/contracts'
import type { MethodRow } from '@writ/mcp'
import { METHODS } from '@writ/mcp'
import { IDS, mediated } from './given.suite.ts'
import type { Given } from './given.suite.ts'

/** A group that denies by default, with no rule that allows anything unless one is given. */
const under = (given: Given, rules: readonly Rule[] = []) =>
  mediated({
    ...given,
    rules: [...rules],
    bundle: {
      groups: [
        {
          id: IDS.group,
          name: 'closed',
          default: 'deny',
          oversize: 'deny',
          approvers: 'admins',
          suspended: false,
        },
      ],
    },
  })

const allowing = (method: string): Rule => ({
  id: 'allow-it',
  effect: 'allow',
  on: ['outbound'],
  when: { path: 'action.method', op: 'eq', value: method },
  reason: 'It is needed.',
})

const NAMED = { name: 'x', uri: 'file:///x', taskId: 'x', ref: { type: 'ref/prompt', name: 'x' } }

/** A message of one row of the table, that says something. */
function sent(method: string, row: MethodRow): Given {
  if (method === 'http/get') return { verb: 'GET' }
  if (method === 'http/delete') return { verb: 'DELETE' }
  if (method === 'response') return { message: { jsonrpc: '2.0', id: 1, result: { said: 'the secret' } } }
  const params = row.named === null ? {} : { [row.named]: NAMED[row.named] }
  const id = method.startsWith('notifications/') ? {} : { id: 7 }
  return { message: { jsonrpc: '2.0', ...id, method, params } }
}

const answer = (content: object) => under({ message: { jsonrpc: '2.0', id: 1, ...content } })

const rows = Object.entries(METHODS).filter(([, row]) => row.from !== 'server')
const ofKind = (byDefault: MethodRow['byDefault']) => rows.filter(([, row]) => row.byDefault === byDefault)

describe('a method that an agent can send, where its group denies by default', () => {
  it('is one of a table that has both kinds', () => {
    expect(ofKind('asked').length).toBeGreaterThan(12)
    expect(ofKind('passes').length).toBeGreaterThan(8)
  })

  it.each(ofKind('asked'))('%s needs an allow rule', async (method, row) => {
    const denied = await under(sent(method, row))
    expect(denied.forwarded).toEqual([])
    expect(denied.log).toEqual(['close policy_denied'])
    expect(denied.entry?.outbound?.byDefault).toBe(true)
    expect((await under(sent(method, row), [allowing(method)])).forwarded).toHaveLength(1)
  })

  it.each(ofKind('passes'))('%s passes', async (method, row) => {
    expect((await under(sent(method, row))).forwarded).toHaveLength(1)
  })

  it('lets an answer to a ping of the server pass, and no answer that says anything', async () => {
    expect((await answer({ result: {} })).forwarded).toHaveLength(1)
    expect((await answer({ result: { _meta: { note: 'x' } } })).forwarded).toEqual([])
    expect((await answer({ error: { code: 1, message: 'the secret' } })).forwarded).toEqual([])
  })
})
