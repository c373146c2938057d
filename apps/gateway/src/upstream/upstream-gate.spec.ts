import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { isRefusal } from '@writ/contracts'
import type { ApiDescription } from '@writ/contracts'
import { until } from '@writ/point/fixtures'
import { listenOn } from '@writ/runtime'
import { answerOk, closeAll, givenUpstream, givenWay } from './given-upstreams.fixture.ts'

afterEach(closeAll)

const pause = (ms: number) => new Promise((resolve) => void setTimeout(resolve, ms))

/** A socket is free again a moment after its answer: without it, a second one would be opened anyway. */
const atRest = () => pause(20)

const never = () => undefined

const DELETE_ALL: ApiDescription['operations'][number] = {
  tool: 'delete_all',
  method: 'DELETE',
  path: '/all',
  description: 'Deletes everything.',
  inputSchema: { type: 'object' },
  parameters: [],
  body: null,
}

/** A port on which nothing listens any more. */
async function deadUrl(): Promise<string> {
  const server = createServer()
  const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
  await new Promise<void>((resolve) => void server.close(() => resolve()))
  return `http://127.0.0.1:${port}/mcp`
}

describe('sockets to an upstream', () => {
  it('are used again by whoever shows the same credential', async () => {
    const { url, sockets } = await givenUpstream()
    const { call } = givenWay()
    for (const agent of ['1', '2', '1']) {
      expect(await call({ url, version: 1, agent })).toBe(200)
      await atRest()
    }
    expect(new Set(sockets).size).toBe(1)
  })

  it.each([
    ['tenant', { tenant: '1' }],
    ['connection', { connection: '1' }],
    ['version of the credential', { version: 2 }],
    ['setting of TLS', { upstream: { tls: { minVersion: 'TLSv1.3' as const } } }],
    ['allowance of networks', { networks: ['10.0.0.0/8'] }],
  ])('are never shared with another %s', async (_, other) => {
    const { url, sockets } = await givenUpstream()
    const { call } = givenWay()
    expect(await call({ url, version: 1 })).toBe(200)
    await atRest()
    expect(await call({ url, version: 1, ...other })).toBe(200)
    expect(new Set(sockets).size).toBe(2)
  })

  it.each([
    ['agents', { agent: '1' }],
    ['humans', { human: '1' }],
  ])('are shared by no two %s where the connection says so', async (_, other) => {
    const { url, sockets } = await givenUpstream()
    const { call } = givenWay()
    const mine = { url, version: 1, upstream: { sockets: 'principal' as const } }
    for (const to of [mine, { ...mine, ...other }, mine]) {
      expect(await call(to)).toBe(200)
      await atRest()
    }
    expect([sockets[0] === sockets[1], sockets[0] === sockets[2]]).toEqual([false, true])
  })

  it('are closed when their credential is replaced', async () => {
    const { url, requests } = await givenUpstream()
    const { call } = givenWay()
    await call({ url, version: 1 })
    await call({ url, version: 2 })
    await until(() => requests[0]?.socket.destroyed === true)
    expect(requests[1]?.socket.destroyed).toBe(false)
  })

  it('are closed when nobody calls for a while', async () => {
    const { url } = await givenUpstream()
    const { call, figures } = givenWay({ poolIdleMs: 100 })
    await call({ url })
    expect(figures().pools).toBe(1)
    await until(() => figures().pools === 0)
    expect(await call({ url })).toBe(200)
  })

  it('are kept for so many upstreams, and those of a tenant that names many push out its own', async () => {
    const { url, sockets } = await givenUpstream()
    const { call, figures } = givenWay({ pools: 4, poolsPerTenant: 2 })
    await call({ url, tenant: '1' })
    for (const connection of ['1', '2', '3', '4']) await call({ url, tenant: '2', connection })
    expect(figures().pools).toBe(3)
    await call({ url, tenant: '1' })
    expect(sockets.at(-1)).toBe(sockets[0])
  })
})

describe('calls under way', () => {
  it('are bounded for one upstream, and refused beyond that', async () => {
    const { url, requests } = await givenUpstream(never)
    const { call, ask, figures } = givenWay({ socketsPerUpstream: 2 })
    const hungUp = new AbortController()
    const waiting = [1, 2].map(() => call({ url, hangUp: hungUp.signal }))
    await until(() => requests.length === 2)
    const third = await ask({ url })
    expect(isRefusal(third) && [third.code, third.retryAfterSeconds]).toEqual(['upstream_busy', 1])
    hungUp.abort()
    await Promise.all(waiting)
    expect(figures().underWay).toBe(0)
  })

  it('count until their stream has ended', async () => {
    const { url } = await givenUpstream((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {}\n\n')
    })
    const { call, ask, figures } = givenWay({ socketsPerUpstream: 1 })
    const answer = await ask({ url })
    if (isRefusal(answer) || answer.kind !== 'stream') throw new Error('a stream was expected')
    expect([figures().underWay, await call({ url })]).toEqual([1, 'upstream_busy'])
    answer.stop()
    await until(() => figures().underWay === 0)
    expect(await call({ url })).toBe(200)
  })

  it('are bounded for a tenant: upstreams of it that hang do not take the gateway from others', async () => {
    const hanging = await givenUpstream(never)
    const healthy = await givenUpstream()
    const { call } = givenWay({ callsPerTenant: 6 })
    const hungUp = new AbortController()
    const to = { url: hanging.url, tenant: '1', hangUp: hungUp.signal }
    const waiting = ['1', '2', '3'].flatMap((connection) => [1, 2].map(() => call({ ...to, connection })))
    await until(() => hanging.requests.length === 6)
    expect(await call({ ...to, connection: '4' })).toBe('upstream_busy')
    expect(await call({ url: healthy.url, tenant: '2' })).toBe(200)
    hungUp.abort()
    await Promise.all(waiting)
  })
})

describe('an upstream that is dead', () => {
  it('is not called for a while after so many failures, and the refusal says until when', async () => {
    const url = await deadUrl()
    const { call, ask, outcomes, news, figures } = givenWay()
    for (let n = 0; n < 3; n += 1) expect(await call({ url })).toBe('upstream_unreachable')
    const refused = await ask({ url })
    expect(isRefusal(refused) && [refused.code, refused.retryAfterSeconds]).toEqual(['upstream_broken', 1])
    expect(outcomes).toEqual(['failed', 'failed', 'failed', 'broken'])
    expect(news.map(({ state, refusal }) => [state, refusal?.code])).toEqual([
      ['failing', 'upstream_unreachable'],
    ])
    expect(figures().broken).toBe(1)
  })

  it('costs neither the other connections of its tenant nor other tenants anything', async () => {
    const url = await deadUrl()
    const healthy = await givenUpstream()
    const { call } = givenWay()
    for (let n = 0; n < 4; n += 1) await call({ url, tenant: '1' })
    expect(await call({ url, tenant: '1' })).toBe('upstream_broken')
    expect(await call({ url: healthy.url, tenant: '1', connection: '1' })).toBe(200)
    expect(await call({ url: healthy.url, tenant: '2' })).toBe(200)
    // not even where the same upstream is dead for both: each finds out for itself
    expect(await call({ url, tenant: '2' })).toBe('upstream_unreachable')
  })

  it('is tried by one call when the time is over, and called again when that is answered', async () => {
    let isUp = false
    const { url, requests } = await givenUpstream((request, response) => {
      if (isUp) answerOk(request, response)
      else request.socket.destroy()
    })
    const { call, news } = givenWay()
    for (let n = 0; n < 3; n += 1) await call({ url })
    await pause(320)
    const seen = requests.length
    const probes = await Promise.all([1, 2, 3, 4].map(() => call({ url })))
    expect([probes.filter((code) => code === 'upstream_broken').length, requests.length - seen]).toEqual([
      3, 1,
    ])
    isUp = true
    await pause(320)
    expect([await call({ url }), await call({ url })]).toEqual([200, 200])
    expect(news.map(({ state }) => state)).toEqual(['failing', 'working', 'working'])
  })

  it('is called again at once when its connection is changed', async () => {
    const url = await deadUrl()
    const healthy = await givenUpstream()
    const { call } = givenWay()
    for (let n = 0; n < 4; n += 1) await call({ url })
    expect(await call({ url: healthy.url })).toBe(200)
  })

  it('is one whose front says so: its answers pass as they are until it is not called any more', async () => {
    const { url, requests } = await givenUpstream((_, response) => {
      response.writeHead(503, { 'content-type': 'application/json' })
      response.end('{"away":true}')
    })
    const { call } = givenWay()
    expect([await call({ url }), await call({ url }), await call({ url })]).toEqual([503, 503, 503])
    expect([await call({ url }), requests.length]).toEqual(['upstream_broken', 3])
  })

  it('is not one that answers with errors of its own', async () => {
    const { url } = await givenUpstream((_, response) => {
      response.writeHead(500, { 'content-type': 'application/json' })
      response.end('{}')
    })
    const { call } = givenWay()
    for (let n = 0; n < 6; n += 1) expect(await call({ url })).toBe(500)
  })

  it('is not one of which agents hang up', async () => {
    const { url } = await givenUpstream(never)
    const { call, outcomes } = givenWay()
    for (let n = 0; n < 5; n += 1) await call({ url, hangUp: AbortSignal.timeout(30) })
    expect(outcomes).toEqual(['gone', 'gone', 'gone', 'gone', 'gone'])
  })
})

describe('the time that an upstream has', () => {
  it('for its first byte is what its connection says', async () => {
    const { url } = await givenUpstream(never)
    const { ask } = givenWay({ headersTimeoutMs: 60_000 })
    const answer = await ask({ url, upstream: { timeouts: { firstByteMs: 200 } } })
    expect(isRefusal(answer) && [answer.code, answer.detail]).toEqual([
      'upstream_unreachable',
      'the upstream did not answer in time',
    ])
  })

  it('for its whole body is what its connection says, too', async () => {
    const { url } = await givenUpstream((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{')
    })
    const { call } = givenWay({ bodyTimeoutMs: 60_000 })
    expect(await call({ url, upstream: { timeouts: { bodyMs: 100 } } })).toBe('upstream_unreachable')
  })

  it('is never more than the gateway gives', async () => {
    const { url } = await givenUpstream(never)
    const { call } = givenWay({ headersTimeoutMs: 200 })
    const most = { timeouts: { connectMs: 60_000, firstByteMs: 3_600_000, bodyMs: 600_000 } }
    expect(await call({ url, upstream: most })).toBe('upstream_unreachable')
  })
})

describe('a credential that an upstream does not take', () => {
  it.each([401, 403, 407])('is said by the refusal and to the admins: %i', async (status) => {
    const { url } = await givenUpstream((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end('{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}')
    })
    const { call, news } = givenWay()
    for (let n = 0; n < 5; n += 1) expect(await call({ url, version: 2 })).toBe('credential_refused')
    expect(news[0]).toMatchObject({ state: 'needs_credential', key: { credentialVersion: 2 } })
  })

  it('is not what an HTTP API means that forbids one thing: its tool says so, and 401 is said as ever', async () => {
    let status = 403
    const { url } = await givenUpstream((_, response) => void response.writeHead(status).end())
    const { ask, call, news } = givenWay()
    const api: ApiDescription = { title: 'Shop', version: '1', operations: [DELETE_ALL] }
    const outgoing =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_all","arguments":{}}}'
    const answer = await ask({ url, api, outgoing })
    if (isRefusal(answer) || answer.kind !== 'whole') throw new Error('an answer was expected')
    expect(JSON.parse(Buffer.from(answer.body).toString())).toMatchObject({ result: { isError: true } })
    expect(news.map(({ state }) => state)).toEqual(['working'])
    status = 401
    expect(await call({ url, api, outgoing })).toBe('credential_refused')
  })

  it('is told of no more once it is taken', async () => {
    let isTaken = false
    const { url } = await givenUpstream((request, response) => {
      if (isTaken) return answerOk(request, response)
      response.writeHead(401).end()
    })
    const { call, news } = givenWay()
    await call({ url, version: 1 })
    isTaken = true
    expect(await call({ url, version: 1 })).toBe(200)
    expect(news.map(({ state }) => state)).toEqual(['needs_credential', 'working'])
  })
})
