import type { ServerResponse } from 'node:http'
import { PassThrough, Writable } from 'node:stream'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { JsonObject } from '@writ/contracts'
import { AuthorityError } from '@writ/identity'
import type { GivenServer, Seen } from '../given-server.suite.ts'
import { closedOrigin, givenServer, json, until } from '../given-server.suite.ts'
import { objectIn } from '../given-terminal.suite.ts'
import { send } from '../network.ts'
import { serveStdio } from './stdio.ts'
import type { Upstream } from './upstream.ts'
import { MAX_MESSAGE_BYTES } from './upstream.ts'

type Client = {
  readonly say: (...messages: readonly (object | string)[]) => void
  readonly heard: () => JsonObject[]
  readonly notes: string[]
  readonly input: PassThrough
  /** ends the client's side; settles when the proxy has ended too */
  readonly end: () => Promise<void>
}

const gateways: GivenServer[] = []
const clients: Client[] = []
afterEach(async () => {
  await Promise.all(clients.splice(0).map(({ end }) => end()))
  await Promise.all(gateways.splice(0).map(({ stop }) => stop()))
})

async function givenGateway(answer: Parameters<typeof givenServer>[0]): Promise<GivenServer> {
  const gateway = await givenServer(answer)
  gateways.push(gateway)
  return gateway
}

function givenClient(upstream: Upstream | string, output: Writable = new PassThrough()): Client {
  const input = new PassThrough()
  const notes: string[] = []
  const chunks: string[] = []
  output.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
  const ended = serveStdio(
    typeof upstream === 'string' ? { url: `${upstream}/demo/tools/mcp`, send } : upstream,
    { input, output, note: (text) => notes.push(text) },
  )
  const client: Client = {
    input,
    notes,
    say: (...messages) =>
      void input.write(messages.map((m) => `${typeof m === 'string' ? m : JSON.stringify(m)}\n`).join('')),
    heard: () =>
      chunks
        .join('')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => objectIn(line)),
    end: async () => {
      input.end()
      await ended
    },
  }
  clients.push(client)
  return client
}

const call = (id: number | string, method = 'tools/call', params: object = { name: 'echo' }) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
})
const nothing = (): void => undefined
const INITIALIZE = call(0, 'initialize', { protocolVersion: '2025-11-25' })
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' }
const MODERN = { name: 'echo', _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }

const messageIn = ({ body }: Pick<Seen, 'body'>): JsonObject => (body === '' ? {} : objectIn(body))
const answerTo = (seen: Seen) => ({
  jsonrpc: '2.0',
  id: messageIn(seen)['id'] ?? null,
  result: { of: messageIn(seen)['method'] ?? '' },
})
function stream(response: ServerResponse, ...events: readonly string[]): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of events) response.write(`${event}\n\n`)
  return response
}
const data = (value: object) => `data: ${JSON.stringify(value)}`

/** A server of 2025 with sessions; what is not said here it answers at once. */
function legacy(other: Partial<Record<string, (seen: Seen, response: ServerResponse) => unknown>> = {}) {
  return (seen: Seen, response: ServerResponse): void => {
    const { method } = messageIn(seen)
    const special = other[typeof method === 'string' ? method : seen.method]
    if (special) return void special(seen, response)
    if (method === 'initialize') {
      response.setHeader('mcp-session-id', 's-1')
      return json(response, 200, { ...answerTo(seen), result: { protocolVersion: '2025-06-18' } })
    }
    if (typeof method === 'string' && messageIn(seen)['id'] !== undefined)
      return json(response, 200, answerTo(seen))
    response.writeHead(seen.method === 'GET' ? 405 : 202).end()
  }
}

const slowly = (_: Seen, response: ServerResponse) => setTimeout(() => response.writeHead(202).end(), 30)

const cancel = (requestId: string) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
})

describe('the signing proxy on stdio', () => {
  it('sends each line as the bytes that came, and writes each answer as one line', async () => {
    const gateway = await givenGateway((seen, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answerTo(seen), null, 2).replaceAll('\n', '\r\n'))
    })
    const client = givenClient(gateway.origin)
    const line = '{"jsonrpc":"2.0",  "id":1,"method":"tools/call","params":{"name":"a\u2028b"}}'
    client.say(line, '', '  ')
    await until(() => client.heard().length === 1)
    expect(client.heard()).toEqual([{ jsonrpc: '2.0', id: 1, result: { of: 'tools/call' } }])
    expect(gateway.seen.map(({ body }) => body)).toEqual([line])
  })

  it('remembers session and version after initialize, and gives the session back at the end', async () => {
    const gateway = await givenGateway(legacy())
    const client = givenClient(gateway.origin)
    client.say(INITIALIZE, INITIALIZED, call(1))
    await until(() => client.heard().length === 2)
    await client.end()
    const fields = gateway.seen.map(({ method, headers, body }) => [
      body === '' ? method : messageIn({ body })['method'],
      headers['mcp-session-id'],
      headers['mcp-protocol-version'],
    ])
    expect(fields.slice(0, 2)).toEqual([
      ['initialize', undefined, undefined],
      ['notifications/initialized', 's-1', '2025-06-18'],
    ])
    expect(fields.slice(2)).toEqual(
      expect.arrayContaining([
        ['tools/call', 's-1', '2025-06-18'],
        ['GET', 's-1', '2025-06-18'],
      ]),
    )
    expect(fields.at(-1)).toEqual(['DELETE', 's-1', '2025-06-18'])
  })

  it('delivers handshake and notifications before what follows them', async () => {
    const arrived: unknown[] = []
    const server = legacy({ 'notifications/initialized': slowly, 'notifications/progress': slowly })
    const gateway = await givenGateway((seen, response) => {
      arrived.push(messageIn(seen)['method'] ?? seen.method)
      server(seen, response)
    })
    const client = givenClient(gateway.origin)
    client.say(
      INITIALIZE,
      INITIALIZED,
      { jsonrpc: '2.0', method: 'notifications/progress' },
      call(1, 'tools/list'),
    )
    await until(() => client.heard().length === 2)
    expect(arrived.filter((name) => name !== 'GET')).toEqual([
      'initialize',
      'notifications/initialized',
      'notifications/progress',
      'tools/list',
    ])
  })

  it('has calls under way side by side', async () => {
    const waiting: (() => void)[] = []
    const gateway = await givenGateway((seen, response) => {
      waiting.push(() => json(response, 200, answerTo(seen)))
    })
    const client = givenClient(gateway.origin)
    client.say(call(1), call(2), call('three'))
    await until(() => waiting.length === 3)
    for (const release of waiting) release()
    await until(() => client.heard().length === 3)
    expect(new Set(client.heard().map(({ id }) => id))).toEqual(new Set([1, 2, 'three']))
  })

  it('turns an event stream into lines as it comes', async () => {
    let finish = nothing
    const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: { progress: 1 } }
    const gateway = await givenGateway((seen, response) => {
      stream(response, 'id: e-0\ndata:', ': a comment', data(progress))
      finish = () => void response.end(`${data(answerTo(seen))}\n\n`)
    })
    const client = givenClient(gateway.origin)
    client.say(call(1))
    await until(() => client.heard().length === 1)
    expect(client.heard()).toEqual([progress])
    finish()
    await until(() => client.heard().length === 2)
    expect(client.heard()[1]).toMatchObject({ id: 1, result: {} })
  })

  it('takes a stream up again that ended before its answer', async () => {
    const gateway = await givenGateway((seen, response) => {
      const rest = `id: e-8\n${data({ jsonrpc: '2.0', id: 1, result: {} })}`
      stream(response, seen.method === 'POST' ? 'id: e-7\nretry: 10\ndata:' : rest).end()
    })
    const client = givenClient(gateway.origin)
    client.say(call(1))
    await until(() => client.heard().length === 1)
    expect(gateway.seen[1]?.method).toBe('GET')
    expect(gateway.seen[1]?.headers).toMatchObject({ 'last-event-id': 'e-7', accept: 'text/event-stream' })
  })

  it('passes on what the server asks on its own stream, and the answer of the client, and opens it again', async () => {
    const question = { jsonrpc: '2.0', id: 1, method: 'sampling/createMessage', params: {} }
    let opened = 0
    const gateway = await givenGateway(
      legacy({
        GET: (_, response) => {
          opened += 1
          stream(response, `id: g-${opened}\nretry: 10\n${data({ ...question, id: opened })}`)
          if (opened === 1) response.end()
        },
        undefined: (_, response) => response.writeHead(202).end(),
      }),
    )
    const client = givenClient(gateway.origin)
    client.say(INITIALIZE, INITIALIZED)
    await until(() => client.heard().length === 3)
    expect(client.heard().slice(1)).toEqual([question, { ...question, id: 2 }])
    const gets = gateway.seen.filter(({ method }) => method === 'GET')
    expect(gets.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'g-1'])

    client.say({ jsonrpc: '2.0', id: 2, result: { role: 'assistant' } })
    await until(() => gateway.seen.some(({ body }) => body.includes('assistant')))
  })

  it("never answers the client's own answer, though its id may be that of a call", async () => {
    const gateway = await givenGateway((seen, response) => {
      if (messageIn(seen)['method'] !== undefined) return
      json(response, 400, { jsonrpc: '2.0', id: null, error: { code: -31040, message: 'not like this' } })
    })
    const client = givenClient(gateway.origin)
    client.say(call(1), { jsonrpc: '2.0', id: 1, result: {} })
    await until(() => client.notes.length === 1)
    expect(client.notes).toEqual(['writ: a message was refused: not like this'])
    expect(client.heard()).toEqual([])
    await gateways.pop()?.stop()
    await until(() => client.heard().length === 1)
  })

  it('gives a refusal without an id to the call that was refused', async () => {
    const error = {
      code: -31006,
      message: 'the access token no longer counts',
      data: { decisionId: 'dec_1' },
    }
    const gateway = await givenGateway((_, response) =>
      json(response, 401, { jsonrpc: '2.0', id: null, error }),
    )
    const client = givenClient(gateway.origin)
    client.say(call('a'))
    await until(() => client.heard().length === 1)
    expect(client.heard()).toEqual([{ jsonrpc: '2.0', id: 'a', error }])
  })

  it.each<[string, (response: ServerResponse) => unknown, RegExp]>([
    ['an empty answer', (response) => response.writeHead(202).end(), /HTTP 202 came without an answer/],
    [
      'an answer that is no message',
      (response) => response.writeHead(502).end('<html>'),
      /HTTP 502 came without/,
    ],
    [
      'a stream without an answer',
      (response) => stream(response, data({ method: 'notifications/x' })).end(),
      /HTTP 200 came without/,
    ],
    [
      'a stream that breaks off',
      (response) => {
        stream(response, ':')
        setTimeout(() => response.destroy(), 20)
      },
      /HTTP 200 came without/,
    ],
    [
      'a stream of no text',
      (response) => stream(response, 'data: ').end(Buffer.from([0x64, 0xff, 0x0a, 0x0a])),
      /not UTF-8/,
    ],
  ])('answers a call that got %s', async (_, answer, message) => {
    const gateway = await givenGateway((__, response) => void answer(response))
    const client = givenClient(gateway.origin)
    client.say(call(1))
    await until(() => client.heard().some(({ id }) => id === 1))
    expect(client.heard().at(-1)).toMatchObject({ id: 1, error: { message: expect.stringMatching(message) } })
  })

  it.each([
    ['{"jsonrpc":', -31_040],
    ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -31_040],
    ['"ping"', -31_040],
    ['x'.repeat(MAX_MESSAGE_BYTES + 1), -31_042],
  ])('answers a line that is no message, and goes on', async (line, code) => {
    const gateway = await givenGateway((seen, response) => json(response, 200, answerTo(seen)))
    const client = givenClient(gateway.origin)
    client.say(line, call(2))
    await until(() => client.heard().length === 2)
    expect(client.heard()).toEqual(
      expect.arrayContaining([
        { jsonrpc: '2.0', id: null, error: { code, message: expect.any(String) } },
        expect.objectContaining({ id: 2, result: expect.anything() }),
      ]),
    )
    expect(gateway.seen).toHaveLength(1)
  })

  it('says in words that the authority gives no token, and that the gateway is away', async () => {
    const refused = givenClient({
      url: 'http://127.0.0.1/x',
      send: () => Promise.reject(new AuthorityError(401, 'invalid_client', 'the agent was revoked')),
    })
    refused.say(call(1), INITIALIZED)
    await until(() => refused.heard().length === 1 && refused.notes.length === 1)
    const message = 'no access token: the agent was revoked; `writ status` says more'
    expect(refused.heard()).toEqual([{ jsonrpc: '2.0', id: 1, error: { code: -31_001, message } }])
    expect(refused.notes[0]).toContain(message)

    const origin = await closedOrigin()
    const away = givenClient(origin)
    away.say(call(1))
    await until(() => away.heard().length === 1)
    expect(away.heard()[0]).toMatchObject({
      id: 1,
      error: { code: -31_125, message: `${origin} does not answer (ECONNREFUSED)` },
    })
  })

  it('cancels a call of 2026 by hanging up, and one of 2025 by saying so', async () => {
    const closed: unknown[] = []
    const gateway = await givenGateway((seen, response) => {
      if (messageIn(seen)['id'] === undefined) response.writeHead(202).end()
      else response.once('close', () => closed.push(messageIn(seen)['id']))
    })
    const client = givenClient(gateway.origin)
    client.say(call('new', 'tools/call', MODERN), call('old'))
    await until(() => gateway.seen.length === 2)
    client.say(cancel('new'), cancel('old'))
    await until(() => closed.length === 1 && gateway.seen.length === 3)
    expect(closed).toEqual(['new'])
    expect(gateway.seen[2]?.body).toContain('"old"')
    expect(client.heard()).toEqual([])
    await gateways.pop()?.stop()
  })

  it('waits at the end of stdin for the answers, and then ends', async () => {
    let finish = nothing
    const gateway = await givenGateway((seen, response) => {
      finish = () => json(response, 200, answerTo(seen))
    })
    const client = givenClient(gateway.origin)
    client.say(call(1))
    await until(() => gateway.seen.length === 1)
    let ended = false
    const end = client.end().then(() => (ended = true))
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(ended).toBe(false)
    finish()
    await end
    expect(client.heard()).toMatchObject([{ id: 1 }])
  })

  it('ends with its own stream of the server still open', async () => {
    const gateway = await givenGateway(legacy({ GET: (_, response) => stream(response, ':') }))
    const client = givenClient(gateway.origin)
    client.say(INITIALIZE, INITIALIZED)
    await until(() => gateway.seen.some(({ method }) => method === 'GET'))
    await client.end()
    expect(gateway.seen.at(-1)?.method).toBe('DELETE')
  })

  it('hangs up and ends when nobody reads the answers any more', async () => {
    let hungUp = false
    const gateway = await givenGateway((_, response) => void response.once('close', () => (hungUp = true)))
    const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    const client = givenClient(gateway.origin, output)
    client.say(call(1))
    await until(() => gateway.seen.length === 1)
    client.say('no message')
    await until(() => hungUp)
    await client.end()
  })

  it('does not pile up answers for a client that does not read', async () => {
    const big = { jsonrpc: '2.0', method: 'notifications/message', params: { text: 'x'.repeat(64 * 1024) } }
    const MOST = 2000
    let written = 0
    const gateway = await givenGateway((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const more = () => {
        while (written < MOST && response.write(`${data(big)}\n\n`)) written += 1
        if (written < MOST) response.once('drain', more)
        else response.end()
      }
      more()
    })
    const taken: (() => void)[] = []
    const output = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => void taken.push(done),
    })
    const client = givenClient(gateway.origin, output)
    client.say(call(1))
    await until(() => taken.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(taken).toHaveLength(1)
    expect(written).toBeLessThan(1000)
    output.destroy(new Error('EPIPE'))
    await client.end()
  })
})
