import { once } from 'node:events'
import type { Server } from 'node:http'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { AuthorityError } from '@writ/identity'
import type { GivenServer } from '../given-server.suite.ts'
import { closedOrigin, givenServer, json, listening, stopped, until } from '../given-server.suite.ts'
import { send } from '../network.ts'
import { createProxy } from './http.ts'
import type { Upstream } from './upstream.ts'
import { MAX_MESSAGE_BYTES } from './upstream.ts'

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}'

let gateway: GivenServer | null = null
let proxy: Server | null = null
afterEach(async () => {
  if (proxy) await stopped(proxy)
  await gateway?.stop()
  proxy = gateway = null
})

/** As an agent's session does: the caller's headers and its own two. */
const signed = (origin: string): Upstream => ({
  url: `${origin}/demo/tools/mcp`,
  send: (url, { headers, ...init }) =>
    send(url, { ...init, headers: { ...headers, authorization: 'DPoP token', dpop: 'proof' } }),
})

async function givenProxy(upstream: Upstream | Parameters<typeof givenServer>[0]): Promise<number> {
  if (typeof upstream === 'function') gateway = await givenServer(upstream)
  const behind = typeof upstream === 'function' ? signed(gateway?.origin ?? '') : upstream
  proxy = createProxy((path) => (path === '/mcp' ? behind : null))
  return listening(proxy)
}

type Answered = { readonly status: number; readonly headers: object; readonly body: string }

/** `fetch` would not let a spec set Host, Origin and connection fields. */
async function ask(
  port: number,
  {
    method = 'POST',
    path = '/mcp',
    headers = {},
    body = PING,
  }: Partial<Record<'method' | 'path', string>> & {
    headers?: Record<string, string>
    body?: string | null
  } = {},
): Promise<Answered> {
  const asking = request({ port, host: '127.0.0.1', method, path, headers, agent: false })
  asking.on('error', () => undefined)
  asking.end(body ?? undefined)
  const [answer] = await once(asking, 'response')
  let text = ''
  for await (const chunk of answer) text += String(chunk)
  return { status: answer.statusCode, headers: answer.headers, body: text }
}

const ok = (_: unknown, response: Parameters<Parameters<typeof givenServer>[0]>[1]) =>
  json(response, 200, { ok: true })

describe('the signing proxy on HTTP', () => {
  it('sends the very bytes on, signed, and the answer back', async () => {
    const port = await givenProxy(ok)
    const body = ' {"jsonrpc":"2.0",  "id":1,"method":"ping" } '
    expect(await ask(port, { body })).toMatchObject({ status: 200, body: '{"ok":true}' })
    expect(gateway?.seen).toMatchObject([{ method: 'POST', path: '/demo/tools/mcp', body }])
    expect(gateway?.seen[0]?.headers).toMatchObject({ authorization: 'DPoP token', dpop: 'proof' })
  })

  it('sends on what the protocol says, and nothing of the client that is between it and the proxy', async () => {
    const port = await givenProxy(ok)
    const kept = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': 's-1',
      'mcp-protocol-version': '2025-11-25',
      'mcp-method': 'ping',
      'last-event-id': 'e-1',
    }
    const dropped = {
      authorization: 'Bearer of-the-client',
      dpop: 'of-the-client',
      cookie: 'a=b',
      'proxy-authorization': 'Basic x',
      origin: `http://127.0.0.1:${port}`,
      te: 'trailers',
    }
    await ask(port, { headers: { ...kept, ...dropped } })
    const { headers = {} } = gateway?.seen[0] ?? {}
    expect(headers).toMatchObject(kept)
    expect(headers.host).toBe(new URL(gateway?.origin ?? '').host)
    expect(JSON.stringify(headers)).not.toMatch(/of-the-client|a=b|Basic|trailers|"origin"/)
  })

  it('gives back what the gateway says, but not what is between it and the proxy', async () => {
    const port = await givenProxy((_, response) => {
      response.writeHead(401, {
        'content-type': 'application/json',
        'mcp-session-id': 's-2',
        'writ-decision-id': 'dec_1',
        'www-authenticate': 'DPoP error="invalid_token"',
        'dpop-nonce': 'n',
        'set-cookie': 'a=b',
      })
      response.end('{"error":{"code":-31006}}')
    })
    const { status, headers, body } = await ask(port)
    expect({ status, body }).toEqual({ status: 401, body: '{"error":{"code":-31006}}' })
    expect(headers).toMatchObject({ 'mcp-session-id': 's-2', 'writ-decision-id': 'dec_1' })
    for (const name of ['www-authenticate', 'dpop-nonce', 'set-cookie'])
      expect(headers).not.toHaveProperty(name)
  })

  it.each([
    ['GET', 200],
    ['DELETE', 204],
    ['GET', 405],
    ['POST', 202],
    ['POST', 404],
  ])('passes a %s and the status %s', async (method, status) => {
    const port = await givenProxy((_, response) => void response.writeHead(status).end())
    expect(await ask(port, { method, body: method === 'POST' ? PING : null })).toMatchObject({
      status,
      body: '',
    })
    expect(gateway?.seen).toMatchObject([{ method, body: method === 'POST' ? PING : '' }])
  })

  it.each<[string, Parameters<typeof ask>[1], number]>([
    ['a name that was bound to loopback', { headers: { host: 'evil.example' } }, 403],
    ['a name that begins like loopback', { headers: { host: '127.0.0.1.evil.example' } }, 403],
    ['a foreign page', { headers: { origin: 'https://evil.example' } }, 403],
    ['a page that hides where it is from', { headers: { origin: 'null' } }, 403],
    ['a page whose name begins like loopback', { headers: { origin: 'http://localhost.evil.example' } }, 403],
    ['another path', { path: '/.well-known/oauth-protected-resource', method: 'GET', body: null }, 404],
    ['OPTIONS', { method: 'OPTIONS', body: null }, 405],
    ['PUT', { method: 'PUT' }, 405],
    ['a GET with a body', { method: 'GET', headers: { 'content-length': String(PING.length) } }, 400],
    ['a body beyond the limit', { body: 'x'.repeat(MAX_MESSAGE_BYTES + 1) }, 413],
  ])('refuses %s, in words, and sends nothing on', async (_, asked, status) => {
    const port = await givenProxy(ok)
    const answer = await ask(port, asked)
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.body)).toMatchObject({
      jsonrpc: '2.0',
      id: null,
      error: { message: expect.any(String) },
    })
    expect(gateway?.seen).toHaveLength(0)
  })

  it('takes a body of the limit, and names of loopback', async () => {
    const port = await givenProxy(ok)
    expect(await ask(port, { body: 'x'.repeat(MAX_MESSAGE_BYTES) })).toMatchObject({ status: 200 })
    expect(await ask(port, { headers: { host: `LocalHost:${port}` } })).toMatchObject({ status: 200 })
    expect(await ask(port, { headers: { host: '[::1]', origin: 'http://localhost:6274' } })).toMatchObject({
      status: 200,
    })
  })

  it('passes a stream on as it comes: head, first event, second event', async () => {
    const steps: (() => void)[] = []
    const port = await givenProxy((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      steps.push(
        () => response.write('data: 1\n\n'),
        () => response.end('data: 2\n\n'),
      )
    })
    const answer = await fetch(`http://127.0.0.1:${port}/mcp`)
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const reader = answer.body?.getReader()
    const next = async () => Buffer.from((await reader?.read())?.value ?? []).toString()
    steps.shift()?.()
    expect(await next()).toBe('data: 1\n\n')
    expect(gateway?.seen).toHaveLength(1)
    steps.shift()?.()
    expect(await next()).toBe('data: 2\n\n')
    expect((await reader?.read())?.done).toBe(true)
  })

  it.each([
    ['before an answer came', false],
    ['in the middle of a stream', true],
  ])('hangs up on the gateway when the client hangs up %s', async (_, begins) => {
    let closed = false
    const port = await givenProxy((__, response) => {
      response.once('close', () => (closed = true))
      if (begins) response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    })
    const socket = connect(port, '127.0.0.1')
    socket.write(`POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${PING.length}\r\n\r\n${PING}`)
    if (begins) await once(socket, 'data')
    else await until(() => gateway?.seen.length === 1)
    expect(closed).toBe(false)
    socket.destroy()
    await until(() => closed)
  })

  it('breaks its answer off where the gateway breaks off, instead of ending it well', async () => {
    const port = await givenProxy((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
      setTimeout(() => response.destroy(), 20)
    })
    const answer = await fetch(`http://127.0.0.1:${port}/mcp`)
    await expect(answer.text()).rejects.toThrow()
  })

  it('says in words that the authority gives no token, and that the gateway is away', async () => {
    const port = await givenProxy({
      url: 'http://127.0.0.1/x',
      send: () => Promise.reject(new AuthorityError(401, 'invalid_client', 'the agent was revoked')),
    })
    const refused = await ask(port)
    expect(refused.status).toBe(401)
    expect(refused.body).toMatch(/-31001.*no access token: the agent was revoked.*writ status/)
    if (proxy) await stopped(proxy)

    const origin = await closedOrigin()
    const away = await ask(await givenProxy(signed(origin)))
    expect(away.status).toBe(502)
    expect(away.body).toContain(`${origin} does not answer (ECONNREFUSED)`)
    if (proxy) await stopped(proxy)

    const broken = await ask(
      await givenProxy({ url: origin, send: () => Promise.reject(new Error('inner words')) }),
    )
    expect(broken.status).toBe(500)
    expect(broken.body).not.toContain('inner words')
  })
})
