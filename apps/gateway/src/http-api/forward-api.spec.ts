import { describe, expect, it } from '@jest/globals'
import type { ApiDescription, JsonObject } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import { receivedOf } from '@writ/point/fixtures'
import { allowedOf } from '../sample.fixture.ts'
import { forwardToApi } from './forward-api.ts'
import type { ApiRequest } from './request.ts'
import type { ApiAnswer } from './result.ts'

const API: ApiDescription = {
  title: 'Shop',
  version: '2',
  operations: [
    {
      tool: 'get_order',
      method: 'GET',
      path: '/orders/{id}',
      description: 'One order.',
      inputSchema: { type: 'object' },
      parameters: [
        { argument: 'id', name: 'id', in: 'path', required: true, style: 'simple', explode: false },
      ],
      body: null,
    },
  ],
}
const META = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }
const json = (body: string): ApiAnswer => ({
  status: 200,
  type: 'application/json',
  body: Buffer.from(body),
})

async function said(message: JsonObject | string, api: ApiAnswer | Refusal = json('{}')) {
  const sent: ApiRequest[] = []
  const outgoing = typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message })
  const answer = await forwardToApi(allowedOf({}, outgoing), API, async (request) => {
    sent.push(request)
    return api
  })
  if (isRefusal(answer) || answer.kind !== 'whole') return { answer, sent, body: null, status: null }
  const text = Buffer.from(answer.body).toString()
  return { answer, sent, status: answer.status, body: text === '' ? null : JSON.parse(text) }
}
const call = (args: JsonObject, more: JsonObject = {}) => ({
  id: 7,
  method: 'tools/call',
  params: { name: 'get_order', arguments: args, ...more },
})

describe('an HTTP API', () => {
  it('greets clients of the era with sessions, and keeps none', async () => {
    const { body } = await said({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18' } })
    expect(body.result).toEqual({
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'Shop', version: '2' },
    })
    const strange = await said({ id: 1, method: 'initialize', params: { protocolVersion: '1999-01-01' } })
    expect(strange.body.result.protocolVersion).toBe('2025-11-25')
  })

  it('is discovered by clients of the era without', async () => {
    const { body } = await said({ id: 1, method: 'server/discover', params: META })
    expect(body.result).toMatchObject({ resultType: 'complete', supportedVersions: ['2026-07-28'] })
  })

  it('lists its operations as tools, as each era says it', async () => {
    const older = await said({ id: 1, method: 'tools/list' })
    const newer = await said({ id: 1, method: 'tools/list', params: META })
    const tools = [expect.objectContaining({ name: 'get_order', annotations: expect.anything() })]
    expect(older.body.result).toEqual({ tools })
    expect(newer.body.result).toEqual({ resultType: 'complete', tools, ttlMs: 60_000, cacheScope: 'private' })
  })

  it('is called by its tools', async () => {
    const { body, sent } = await said(call({ id: 'a/b' }), json('{"total":3}'))
    expect(sent).toEqual([{ method: 'GET', path: '/orders/a%2Fb', headers: [], body: null }])
    expect(body).toEqual({
      jsonrpc: '2.0',
      id: 7,
      result: {
        content: [{ type: 'text', text: '{"total":3}' }],
        structuredContent: { total: 3 },
        isError: false,
      },
    })
  })

  it.each<[string, ApiAnswer, JsonObject]>([
    ['a list', json('[1]'), { structuredContent: { value: [1] }, isError: false }],
    ['JSON that is none', json('{'), { content: [{ type: 'text', text: '{' }], isError: false }],
    [
      'an error',
      { status: 404, type: 'application/problem+json', body: Buffer.from('{"a":1}') },
      { content: [{ type: 'text', text: 'HTTP 404\n{"a":1}' }], structuredContent: { a: 1 }, isError: true },
    ],
    ['nothing', { status: 204, type: null, body: Buffer.alloc(0) }, { isError: false }],
    ['a picture', { status: 200, type: 'image/png', body: Buffer.from([1, 2]) }, { isError: true }],
    ['text that is none', { status: 200, type: 'text/plain', body: Buffer.from([0xff]) }, { isError: true }],
  ])('answers %s as a result', async (_, answer, result) => {
    const { body } = await said(call({ id: 'a' }), answer)
    expect(body.result).toMatchObject(result)
    expect(JSON.stringify(body)).not.toContain('\u0001')
  })

  it.each([
    ['a number that no double holds', '{"id":9007199254740993}'],
    ['a name that stands twice', '{"to":"a","to":"b"}'],
    ['more depth than a message has', `${'['.repeat(60)}${']'.repeat(60)}`],
  ])('tells JSON with %s as text alone', async (_, text) => {
    const { body } = await said(call({ id: 'a' }), json(text))
    expect(body.result).toEqual({ content: [{ type: 'text', text }], isError: false })
  })

  it.each<[string, JsonObject | string, number, number]>([
    ['a tool that it does not have', { id: 7, method: 'tools/call', params: { name: 'drop' } }, -32_602, 200],
    ['arguments that make no request', call({ id: '..' }), -32_602, 200],
    [
      'a number that would change',
      '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"get_order","arguments":{"id":9007199254740993}}}',
      -32_602,
      200,
    ],
    ['a method that it does not have', { id: 7, method: 'prompts/list' }, -32_601, 200],
    ['the same in the later era', { id: 7, method: 'prompts/list', params: META }, -32_601, 404],
    ['a name that every object has', { id: 7, method: 'constructor' }, -32_601, 200],
  ])('refuses %s, and asks the API nothing', async (_, message, code, status) => {
    const { body, sent, ...rest } = await said(message)
    expect([body?.error?.code, rest.status, sent]).toEqual([code, status, []])
  })

  it('takes notifications, and has no stream', async () => {
    const noted = await said({ method: 'notifications/initialized' })
    expect([noted.status, noted.body, noted.sent]).toEqual([202, null, []])
    const answer = await forwardToApi(
      allowedOf({ received: { ...receivedOf(), verb: 'GET' } }, ''),
      API,
      async () => json('{}'),
    )
    expect(answer).toMatchObject({ status: 405, headers: [['allow', 'POST']] })
  })

  it('is called by what this gateway lets out, however large and deep others let it be', async () => {
    const large = await said(call({ id: 'a'.repeat(2_000_000) }))
    expect(large.sent.map(({ path }) => path.length)).toEqual([2_000_000 + '/orders/'.length])
    const deep = `{"a":`.repeat(90) + '1' + '}'.repeat(90)
    const list = `{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"_meta":${deep}}}`
    expect((await said(list)).status).toBe(200)
  })

  it('that cannot be reached is refused as any upstream is', async () => {
    const { answer } = await said(call({ id: 'a' }), new Refusal('upstream_unreachable'))
    expect(answer).toMatchObject({ code: 'upstream_unreachable' })
  })
})
