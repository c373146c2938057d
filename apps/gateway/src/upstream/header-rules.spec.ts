import { describe, expect, it } from '@jest/globals'
import type { JsonObject } from '@writ/contracts'
import { connectionOf, receivedOf } from '@writ/point/fixtures'
import { allowedOf } from '../sample.fixture.ts'
import { forwardedFields } from './header-rules.ts'

const SCHEMA = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    note: { type: 'string' },
    at: { type: 'object', properties: { zone: { type: 'integer', 'x-mcp-header': 'Zone' } } },
  },
}

/** What goes on of one field beside these arguments of a tool. */
function takenOn(name: string, value: string, args: JsonObject, inputSchema: JsonObject | null = null) {
  const tool = {
    kind: 'tool' as const,
    name: 'deploy',
    pin: 'a'.repeat(64),
    contentPin: null,
    annotations: {},
    inputSchema,
  }
  const connection = connectionOf({ tools: [tool] })
  const received = receivedOf({ headers: new Map([[name, [value]]]) })
  const allowed = allowedOf({ connection, received }, '{}')
  const fields = forwardedFields({ ...allowed, args, action: { ...allowed.action, tool: 'deploy' } })
  return new Map(fields).get(name)
}

describe('a parameter in a header', () => {
  const args = { region: 'eu', note: 'us', at: { zone: 7 } }

  it.each<[string, string, string | undefined]>([
    ['mcp-param-region', 'eu', 'eu'],
    ['mcp-param-region', '=?base64?ZXU=?=', '=?base64?ZXU=?='],
    ['mcp-param-region', 'us', undefined],
    ['mcp-param-zone', '7', '7'],
    ['mcp-param-zone', 'eu', undefined],
    ['mcp-param-zone', '[object Object]', undefined],
    ['mcp-param-unbound', 'us', 'us'],
  ])('says the argument that the approved definition binds it to: %s with %j', (name, value, taken) => {
    expect(takenOn(name, value, args, SCHEMA)).toBe(taken)
  })

  it('says nothing for an argument that is not there, or is more than one value', () => {
    expect(takenOn('mcp-param-region', 'us', { note: 'us' }, SCHEMA)).toBeUndefined()
    expect(takenOn('mcp-param-region', 'us', { region: ['us'], note: 'us' }, SCHEMA)).toBeUndefined()
    expect(takenOn('mcp-param-zone', '7', { at: 7 }, SCHEMA)).toBeUndefined()
  })

  it('says any argument where no definition is known', () => {
    expect(takenOn('mcp-param-region', 'us', args)).toBe('us')
  })

  it('makes nobody look through the arguments once more: a hundred headers cost what one costs', () => {
    let looks = 0
    const counted = {
      get note() {
        looks += 1
        return 'us'
      },
    }
    const headers = new Map(Array.from({ length: 100 }, (_, at) => [`mcp-param-p${at}`, ['us']]))
    const allowed = allowedOf({ received: receivedOf({ headers }) }, '{}')
    expect(forwardedFields({ ...allowed, args: counted })).toHaveLength(100)
    expect(looks).toBe(1)
  })

  it('is not an argument that only looks encoded: whoever decodes it would read what no rule has seen', () => {
    const looks = '=?base64?dXM=?='
    expect(takenOn('mcp-param-region', looks, { region: 'eu', note: looks })).toBeUndefined()
    const encoded = `=?base64?${Buffer.from(looks).toString('base64')}?=`
    expect(takenOn('mcp-param-region', encoded, { region: 'eu', note: looks })).toBe(encoded)
  })
})
