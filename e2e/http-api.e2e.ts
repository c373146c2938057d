import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ConnectionView, PolicyView } from '@writ/contracts'
import { eventually, storedRecords } from './drivers/ledger.ts'
import { callTool, MCP_HEADERS, readAnswer } from './drivers/tenant.ts'
import type { EnrolledAgent, RpcAnswer } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const DOCUMENT = `
openapi: 3.0.3
info: { title: Shop, version: '2' }
servers: [{ url: 'https://elsewhere.example' }]
paths:
  /orders/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { operationId: getOrder, parameters: [{ name: fields, in: query, schema: { type: string } }] }
    delete: { operationId: dropOrder }
  /orders:
    post:
      operationId: placeOrder
      requestBody: { required: true, content: { application/json: { schema: { type: object } } } }
  /export: { get: { operationId: exportAll, parameters: [{ name: s, in: cookie, required: true }] } }
`
const SECRET = `shop_${randomBytes(16).toString('hex')}`

type Seen = { readonly method: string; readonly url: string; readonly key: string; readonly body: string }

/** A shop that speaks HTTP, and takes nobody without its key. It says the key back, as careless servers do. */
function startShop() {
  const seen: Seen[] = []
  const server: Server = createServer((request, response) => void answer(request, response))
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = String(request.headers['x-shop-key'])
    seen.push({ method: request.method ?? '', url: request.url ?? '', key, body: await text(request) })
    response.statusCode = key === SECRET ? 200 : 401
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ id: 'A-1', total: 12, asked: request.url, key }))
  }
  return { seen, server }
}

describe('an HTTP API behind a gateway', () => {
  const { seen, server } = startShop()
  let world: World
  let agent: EnrolledAgent
  let connection: ConnectionView
  let url: string

  beforeAll(async () => {
    world = await startWorld()
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { admin, defaultGroup } = world.acme
    connection = await admin.send(
      'POST',
      'connections',
      {
        name: 'shop',
        url: `http://127.0.0.1:${port}/v2/?tenant=7`,
        openapi: DOCUMENT,
        credential: { kind: 'api-key', header: 'x-shop-key', secret: SECRET },
        groups: [defaultGroup],
      },
      ConnectionView,
    )
    agent = await world.acme.enrol()
    url = `${world.platform.gatewayUrls[0]}/acme/shop/mcp`
    await eventually('the connection at the gateway', async () => (await listed()).result !== undefined)
  }, 120_000)
  afterAll(async () => {
    server.close()
    await world?.stop()
  }, 60_000)

  const listed = async (): Promise<RpcAnswer> => {
    const body = new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}')
    return readAnswer(await agent.session.fetch(url, { method: 'POST', headers: MCP_HEADERS, body }))
  }

  it('is shown to admins as its document reads', () => {
    expect(connection.api).toEqual({
      title: 'Shop',
      version: '2',
      tools: ['getOrder', 'dropOrder', 'placeOrder'],
      leftOut: [{ operation: 'GET /export', why: expect.stringContaining('cookie') }],
    })
    expect(connection.toolClasses).toEqual({
      getOrder: 'read.private',
      dropOrder: 'destructive',
      placeOrder: 'write.shared',
    })
  })

  it('lists its operations as tools', async () => {
    const { text: listing } = await listed()
    expect([...listing.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name)).toEqual(connection.api?.tools)
    expect(seen).toEqual([])
  })

  it('is called with the credential of the connection, which the agent never sees', async () => {
    const answer = await callTool(agent.session, url, 'getOrder', { id: 'A/1', fields: 'a&b' })
    expect(seen.at(-1)).toEqual({
      method: 'GET',
      url: '/v2/orders/A%2F1?tenant=7&fields=a%26b',
      key: SECRET,
      body: '',
    })
    expect(answer.text).toContain('"total":12')
    expect(answer.text).not.toContain(SECRET)
    await callTool(agent.session, url, 'placeOrder', { body: { items: [1] } })
    expect(seen.at(-1)).toMatchObject({ method: 'POST', url: '/v2/orders?tenant=7', body: '{"items":[1]}' })
  })

  it('is under policy by what its methods do', async () => {
    const { admin, defaultGroup } = world.acme
    const rule = {
      id: 'no-deleting',
      effect: 'deny',
      reason: 'nothing is deleted',
      when: { path: 'action.class', op: 'eq', value: 'destructive' },
    }
    const document = { writ: 1, rules: [{ ...rule, on: ['outbound'] }] }
    await admin.send('POST', 'policies', { name: 'keep', document, groups: [defaultGroup] }, PolicyView)
    const refused = await eventually('the policy', async () => {
      const { error } = await callTool(agent.session, url, 'dropOrder', { id: 'A-1' })
      return error
    })
    expect(refused.data).toMatchObject({ rule: 'no-deleting', reason: 'nothing is deleted' })
    const before = seen.length
    await callTool(agent.session, url, 'dropOrder', { id: 'A-1' })
    expect(seen.length).toBe(before)
  })

  it('leaves the records that every upstream leaves', async () => {
    const records = await eventually('the records', async () => {
      const all = await storedRecords(world, world.acme.id)
      const own = all.filter(({ connection: at }) => at?.id === connection.id)
      return own.some(({ outcome }) => outcome === 'deny') && own
    })
    const call = records.find(({ action }) => action?.tool === 'getOrder')
    expect(call?.action).toMatchObject({ class: 'read.private', method: 'tools/call' })
    expect(JSON.stringify(records)).not.toContain(SECRET)
  })

  it('stays an API: a document does not make one of an MCP server', async () => {
    const { admin, connection: other } = world.acme
    const change = admin.send('PATCH', `connections/${other.id}`, { openapi: DOCUMENT }, ConnectionView)
    await expect(change).rejects.toThrow(/422/)
    const bad = admin.send('PATCH', `connections/${connection.id}`, { openapi: '{' }, ConnectionView)
    await expect(bad).rejects.toThrow(/422/)
  })
})
