import { connect } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { Refusal, REFUSALS } from '@writ/contracts'
import type { DecisionId, RefusalCode } from '@writ/contracts'
import type { Answer, Received } from '@writ/enforcement'
import { createGate, until } from '@writ/point/fixtures'
import { z } from 'zod'
import { startServer } from './server.ts'
import type { GatewayServer, ServerLimits } from './server.ts'

const DECISION: DecisionId = `dec_${'0'.repeat(26)}`
const ORIGIN = 'https://gateway.example'
const RpcError = z.object({ id: z.number(), error: z.object({ code: z.number(), data: z.unknown() }) })
const LIMITS: ServerLimits = {
  bodyBytes: 1000,
  bodyIdleMs: 400,
  callsUnderWay: 100,
  bodies: 100,
  bodiesPerAddress: 100,
  sockets: 100,
  socketsPerAddress: 100,
  headersTimeoutMs: 300,
  requestTimeoutMs: 600,
  slowReaderMs: 300,
}

const open: GatewayServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close(0)))
})

type Seen = { server: GatewayServer; received: Received[]; refused: string[]; bugs: unknown[] }

async function given(
  mediate: (received: Received) => Promise<Answer> | Answer = () => whole('{"ok":true}'),
  limits: Partial<ServerLimits> = {},
): Promise<Seen> {
  const seen = { received: [] as Received[], refused: [] as string[], bugs: [] as unknown[] }
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    publicOrigin: ORIGIN,
    authorityOrigin: 'https://authority.example',
    limits: { ...LIMITS, ...limits },
    mediate: async (received) => {
      seen.received.push(received)
      return mediate(received)
    },
    newDecisionId: () => DECISION,
    nowMs: () => 1_800_000_000_000,
    receiptOf: () => null,
    refusedAtRim: ({ code }) => seen.refused.push(code),
    report: (bug) => seen.bugs.push(bug),
  })
  open.push(server)
  return { server, ...seen }
}

const whole = (body: string): Answer => ({
  kind: 'whole',
  status: 200,
  headers: [['content-type', 'application/json']],
  body: Buffer.from(body),
})

/** Writes raw bytes, one piece after another, and resolves with everything that came back before the socket closed. */
function raw(port: number, pieces: readonly string[], gapMs = 0): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    const deadline = setTimeout(() => socket.destroy(), 3000)
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(deadline)
      resolve(text)
    })
    socket.on('connect', () => void writeSlowly())
    const writeSlowly = async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return
        socket.write(piece, 'latin1')
        if (gapMs > 0) await new Promise((done) => setTimeout(done, gapMs))
      }
    }
  })
}

/** A socket that says this much and then nothing. */
function hold(port: number, text: string) {
  const socket = connect(port, '127.0.0.1')
  let isAnswered = false
  socket.on('error', () => {})
  socket.on('data', () => (isAnswered = true))
  const connected = new Promise<void>((resolve) => socket.once('connect', resolve))
  socket.write(text, 'latin1')
  return { socket, connected, answered: () => isAnswered }
}

const BODY = '{"jsonrpc":"2.0","id":1,"method":"ping"}'

function post(fields: readonly string[] = [], body = BODY, target = '/acme/files/mcp'): string {
  const names = fields.map((field) => field.split(':')[0]?.toLowerCase())
  const own = [
    ['host', 'Host: gateway.example'],
    ['authorization', 'Authorization: DPoP t'],
    ['content-type', 'Content-Type: application/json'],
    ['content-length', `Content-Length: ${body.length}`],
    ['connection', 'Connection: close'],
  ].filter(([name]) => !names.includes(name))
  return [`POST ${target} HTTP/1.1`, ...own.map(([, line]) => line), ...fields, '', body].join('\r\n')
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

const statusOf = (answer: string): number => Number(answer.split(' ')[1] ?? 0)
const statusesIn = (answer: string): number => answer.match(/HTTP\/1\.1 /g)?.length ?? 0

const refusal = (code: RefusalCode, nonce: string | null = null): Answer => ({
  kind: 'refusal',
  refusal: new Refusal(code),
  id: 7,
  data: { reason: 'because', decisionId: DECISION },
  rule: null,
  nonce,
  retryAfterSeconds: code === 'rate_limited' ? 7 : null,
})

const streamOf = (frames: AsyncIterable<Uint8Array>): Answer => ({
  kind: 'stream',
  status: 200,
  headers: [['content-type', 'text/event-stream']],
  frames,
})

describe('the rim towards agents', () => {
  it('challenges a token that was not given for this, and says who waits for how long', async () => {
    const scope = await given(() => refusal('scope_insufficient'))
    const challenged = (await raw(scope.server.port, [post()])).toLowerCase()
    expect(statusOf(challenged)).toBe(403)
    expect(challenged).toContain('www-authenticate: dpop error="insufficient_scope"')
    expect(challenged).toContain('resource_metadata="https://gateway.example/.well-known/')
    const limited = await given(() => refusal('rate_limited'))
    const answer = (await raw(limited.server.port, [post()])).toLowerCase()
    expect(statusOf(answer)).toBe(429)
    expect(answer).toContain('retry-after: 7')
  })

  it('says no length where nothing may follow, and the connection goes on', async () => {
    const { server } = await given(() => ({
      kind: 'whole',
      status: 204,
      headers: [],
      body: new Uint8Array(),
    }))
    const [first = '', second = ''] = (await raw(server.port, [post(['Connection: keep-alive']), post()]))
      .toLowerCase()
      .split(/(?=http\/1\.1)/)
    expect([statusOf(first), statusOf(second)]).toEqual([204, 204])
    expect(first + second).not.toMatch(/content-length|transfer-encoding/)
  })

  it('tells mediation where a request came from', async () => {
    const { server, received } = await given()
    await raw(server.port, [post()])
    expect(received[0]?.source).toBe('127.0.0.1')
  })

  it('hands on one message: routed path under the configured origin, fields as lists, the very bytes', async () => {
    const { server, received } = await given()
    const answer = await raw(server.port, [post(['DPoP: one', 'dpop: two', 'Authorization: DPoP t'])])
    expect(statusOf(answer)).toBe(200)
    expect(answer.toLowerCase()).toContain(`writ-decision-id: ${DECISION.toLowerCase()}`)
    expect(received).toHaveLength(1)
    expect(received[0]?.resource).toBe('https://gateway.example/acme/files/mcp')
    expect(received[0]?.headers.get('dpop')).toEqual(['one', 'two'])
    expect(Buffer.from(received[0]?.body ?? []).toString()).toBe(BODY)
  })

  it.each<[string, string, number]>([
    ['two lengths', post([`Content-Length: ${BODY.length}`, 'Content-Length: 5']), 400],
    ['a length and chunks', post([`Content-Length: ${BODY.length}`, 'Transfer-Encoding: chunked']), 400],
    ['an unknown transfer coding', post(['Transfer-Encoding: chunked, cow']), 400],
    ['a space before the colon', post(['Transfer-Encoding : chunked']), 400],
    ['a folded header line', post(['X-A: 1\r\n Transfer-Encoding: chunked']), 400],
    ['a line feed without carriage return', post().replaceAll('\r\n', '\n'), 400],
    ['a NUL in a header', post(['X-A: a\0b']), 400],
    ['a length with a sign', post(['Content-Length: +5']), 400],
    ['an oversized header', post([`X-A: ${'a'.repeat(20_000)}`]), 431],
    ['a hundred and one header fields', post(Array.from({ length: 101 }, (_, n) => `X-${n}: 1`)), 413],
    ['no host', post(['Host: gateway.example']).replace('Host: gateway.example\r\n', ''), 400],
    ['another host', post(['Host: evil.example']), 403],
    ['two hosts', post(['Host: gateway.example', 'Host: evil.example']), 403],
    ['a foreign page', post(['Origin: https://evil.example']), 403],
    ['an opaque page', post(['Origin: null']), 403],
    ['text', post(['Content-Type: text/plain']), 415],
    ['two media types', post(['Content-Type: application/json', 'Content-Type: text/plain']), 415],
    ['another charset', post(['Content-Type: application/json; charset=utf-16']), 415],
    ['a compressed body', post(['Content-Encoding: gzip']), 415],
    ['a body beyond the limit', post([], 'a'.repeat(1001)), 413],
    ['an unknown path', post([], BODY, '/acme/files/mcp/'), 404],
    ['a query', post([], BODY, '/acme/files/mcp?x=1'), 404],
    ['an absolute target', post([], BODY, 'http://gateway.example/acme/files/mcp'), 404],
    ['an escaped path', post([], BODY, '/acme/%66iles/mcp'), 404],
    ['dots', post([], BODY, '/other/../acme/files/mcp'), 404],
    ['capitals', post([], BODY, '/Acme/files/mcp'), 404],
    ['PUT', post().replace('POST', 'PUT'), 405],
    ['OPTIONS', post().replace('POST', 'OPTIONS'), 405],
    ['a GET with a body', post().replace('POST', 'GET'), 400],
  ])('refuses %s and hands nothing on', async (_, request, status) => {
    const { server, received } = await given()
    const answer = await raw(server.port, [request])
    expect(statusOf(answer)).toBe(status)
    expect(answer).not.toMatch(/\.ts:|\.js:|at Object|Error:/)
    expect(received).toHaveLength(0)
  })

  it.each<[string, string, RefusalCode]>([
    ['another host', post(['Host: evil.example']), 'origin_forbidden'],
    ['a foreign page', post(['Origin: https://evil.example']), 'origin_forbidden'],
    ['PUT', post().replace('POST', 'PUT'), 'method_not_allowed'],
    ['text', post(['Content-Type: text/plain']), 'media_type_unsupported'],
    ['a body beyond the limit', post([], 'a'.repeat(1001)), 'message_too_large'],
  ])('names the refusal of %s by its code', async (_, request, code) => {
    const { server } = await given()
    expect(await raw(server.port, [request])).toContain(`"code":${REFUSALS[code].rpc}`)
  })

  it('takes a body in chunks, and refuses one that grows beyond the limit without keeping it', async () => {
    const { server, received } = await given()
    const head = post(['Transfer-Encoding: chunked', 'Content-Length: 0'], '').replace(
      'Content-Length: 0\r\n',
      '',
    )
    expect(statusOf(await raw(server.port, [head, chunk(BODY), '0\r\n\r\n'], 5))).toBe(200)
    const many = Array.from({ length: 20 }, () => chunk('a'.repeat(100)))
    expect(statusOf(await raw(server.port, [head, ...many, '0\r\n\r\n'], 1))).toBe(413)
    expect(received).toHaveLength(1)
  })

  it('reads one request where a second one hides behind its length', async () => {
    const { server, received } = await given()
    const hidden = 'POST /acme/other/mcp HTTP/1.1\r\nHost: gateway.example\r\n\r\n'
    const answer = await raw(server.port, [post([], hidden)])
    expect(statusesIn(answer)).toBe(1)
    expect(received.map(({ connectionName }) => connectionName)).toEqual(['files'])
  })

  it('cuts senders that are too slow, in the header and in the body', async () => {
    const { server, received } = await given()
    const [inHeader, inBody] = await Promise.all([
      raw(server.port, ['POST /acme/files/mcp HTTP/1.1\r\n', ...'Host: gateway.example'.split('')], 100),
      raw(server.port, [post([], BODY).slice(0, -20), ...'a'.repeat(20).split('')], 150),
    ])
    expect(statusOf(inHeader)).toBe(408)
    expect(statusOf(inBody)).toBe(408)
    expect(received).toHaveLength(0)
  })

  it('cuts a body that stands still, long before its time is over', async () => {
    const { server, received } = await given(undefined, { bodyIdleMs: 100, requestTimeoutMs: 60_000 })
    const answer = await raw(server.port, [post([], BODY).slice(0, -20)])
    expect(statusOf(answer)).toBe(408)
    expect(received).toHaveLength(0)
  })

  it('refuses calls beyond its cap and takes the next one after', async () => {
    const gate = createGate<Answer>()
    const { server, received, refused } = await given(() => gate.passed, { callsUnderWay: 1 })
    const first = raw(server.port, [post()])
    await until(() => received.length > 0)
    const second = await raw(server.port, [post()])
    expect(statusOf(second)).toBe(503)
    expect(second.toLowerCase()).toContain('retry-after: 1')
    expect(refused).toEqual(['overloaded'])
    gate.open(whole('{}'))
    expect(statusOf(await first)).toBe(200)
    expect(statusOf(await raw(server.port, [post()]))).toBe(200)
  })

  it('takes calls while any number of bodies is on its way', async () => {
    const { server, refused } = await given(undefined, {
      callsUnderWay: 2,
      bodiesPerAddress: 20,
      bodyIdleMs: 2000,
      requestTimeoutMs: 5000,
    })
    const begun = Array.from({ length: 19 }, () => hold(server.port, post([], BODY).slice(0, -1)))
    await Promise.all(begun.map(({ connected }) => connected))
    await new Promise((done) => setTimeout(done, 100))
    expect(server.callsUnderWay()).toBe(0)
    expect(statusOf(await raw(server.port, [post()]))).toBe(200)
    begun.push(hold(server.port, post([], BODY).slice(0, -1)))
    await new Promise((done) => setTimeout(done, 100))
    expect(statusOf(await raw(server.port, [post()]))).toBe(503)
    expect(refused).toEqual(['overloaded'])
    for (const { socket } of begun) socket.destroy()
    await until(async () => statusOf(await raw(server.port, [post()])) === 200)
  })

  it('refuses a message without a token unread, through mediation, and soon lets go of its socket', async () => {
    const { server, received } = await given(() => refusal('credentials_missing'), {
      callsUnderWay: 1,
      bodiesPerAddress: 3,
      bodyIdleMs: 60_000,
      requestTimeoutMs: 60_000,
    })
    const begun = post(['Content-Length: 100']).replace('Authorization: DPoP t\r\n', '')
    for (let round = 0; round < 4; round += 1) {
      const floods = await Promise.all([0, 1, 2].map(() => raw(server.port, [begun])))
      expect(floods.map(statusOf)).toEqual([401, 401, 401])
      expect(floods[0]).toContain('www-authenticate: DPoP')
    }
    expect(received).toHaveLength(12)
    expect(received.every(({ body }) => body.length === 0)).toBe(true)
  })

  it('gives its refusal to a sender of a large body without a token, and does not read it all', async () => {
    const { server } = await given(() => refusal('credentials_missing'), { requestTimeoutMs: 60_000 })
    const head = post(['Content-Length: 900000000'], '').replace('Authorization: DPoP t\r\n', '')
    const pieces = Array.from({ length: 300 }, () => 'a'.repeat(100_000))
    expect(statusOf(await raw(server.port, [head, ...pieces], 1))).toBe(401)
  })

  it('serves calls of one address while 2,100 sockets of it hold back a body without a token', async () => {
    const { server } = await given(
      ({ headers }) => (headers.has('authorization') ? whole('{}') : refusal('credentials_missing')),
      {
        callsUnderWay: 2048,
        bodies: 2048,
        bodiesPerAddress: 256,
        sockets: 10_000,
        socketsPerAddress: 10_000,
        bodyIdleMs: 30_000,
        requestTimeoutMs: 30_000,
      },
    )
    const begun = post(['Content-Length: 100'], '{').replace('Authorization: DPoP t\r\n', '')
    const flood = Array.from({ length: 2100 }, () => hold(server.port, begun))
    await Promise.all(flood.map(({ connected }) => connected))
    const unanswered = () => flood.filter(({ answered }) => !answered()).length
    const deadlineMs = Date.now() + 8000
    await until(() => unanswered() === 0 || Date.now() > deadlineMs)
    expect(unanswered()).toBe(0)
    expect(statusOf(await raw(server.port, [post()]))).toBe(200)
    for (const { socket } of flood) socket.destroy()
  }, 20_000)

  it('serves its bound loopback address too', async () => {
    const { server } = await given()
    expect(statusOf(await raw(server.port, [post([`Host: 127.0.0.1:${server.port}`])]))).toBe(200)
    expect(statusOf(await raw(server.port, [post(['Host: 127.0.0.1:1'])]))).toBe(403)
    expect(statusOf(await raw(server.port, [post([`Origin: ${ORIGIN}`])]))).toBe(200)
  })

  it('gives the metadata of any endpoint that could exist, alike', async () => {
    const { server, received } = await given()
    const get = (path: string) =>
      raw(server.port, [`GET ${path} HTTP/1.1\r\nHost: gateway.example\r\nConnection: close\r\n\r\n`])
    const known = await get('/.well-known/oauth-protected-resource/acme/files/mcp')
    expect(known).toContain('"resource":"https://gateway.example/acme/files/mcp"')
    expect(known).toContain('"authorization_servers":["https://authority.example/t/acme/oauth"]')
    expect(statusOf(await get('/.well-known/oauth-protected-resource'))).toBe(200)
    expect(statusOf(await get('/.well-known/oauth-protected-resource/acme'))).toBe(404)
    expect(received).toHaveLength(0)
  })
})

describe('an answer', () => {
  it('challenges where authentication failed, and points at the metadata', async () => {
    const { server } = await given(() => refusal('token_invalid'))
    const answer = await raw(server.port, [post()])
    expect(statusOf(answer)).toBe(401)
    expect(answer).toContain('www-authenticate: DPoP error="invalid_token"')
    expect(answer).toContain(
      'resource_metadata="https://gateway.example/.well-known/oauth-protected-resource/acme/files/mcp"',
    )
    expect(answer).toContain('cache-control: no-store')
  })

  it('gives out the nonce that the next proof needs', async () => {
    const { server } = await given(() => refusal('nonce_required', 'n-1'))
    const answer = await raw(server.port, [post()])
    expect(answer).toContain('dpop-nonce: n-1')
    expect(answer).toContain('error="use_dpop_nonce"')
  })

  it('is status 200 with a JSON-RPC error where policy denied', async () => {
    const { server } = await given(() => refusal('policy_denied'))
    const answer = await raw(server.port, [post()])
    expect(statusOf(answer)).toBe(200)
    const { id, error } = RpcError.parse(JSON.parse(answer.split('\r\n\r\n')[1] ?? ''))
    expect({ id, code: error.code, data: error.data }).toEqual({
      id: 7,
      code: -31100,
      data: { reason: 'because', decisionId: DECISION },
    })
  })

  it('says nothing of a bug', async () => {
    const { server, bugs } = await given(() => {
      throw new Error('secret inner working')
    })
    const answer = await raw(server.port, [post()])
    expect(statusOf(answer)).toBe(500)
    expect(answer).not.toContain('secret inner working')
    expect(bugs).toHaveLength(1)
  })
})

describe('a streamed answer', () => {
  it('reaches the agent frame by frame', async () => {
    const gate = createGate()
    const { server } = await given(() =>
      streamOf(
        (async function* () {
          yield Buffer.from('data: 1\n\n')
          await gate.passed
          yield Buffer.from('data: 2\n\n')
        })(),
      ),
    )
    const answer = await fetch(`http://127.0.0.1:${server.port}/acme/files/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'DPoP t' },
      body: BODY,
    })
    expect(answer.headers.get('x-accel-buffering')).toBe('no')
    const reader = answer.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 1\n\n')
    gate.open()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 2\n\n')
  })

  it('waits for a reader that does not read, keeps little for it, and cuts it off', async () => {
    let made = 0
    let hasEnded = false
    const { server, received } = await given(() =>
      streamOf(
        (async function* () {
          try {
            for (; made < 5000; made += 1) yield Buffer.alloc(64 * 1024, 'a')
          } finally {
            hasEnded = true
          }
        })(),
      ),
    )
    const socket = connect(server.port, '127.0.0.1')
    socket.pause()
    socket.on('error', () => {})
    socket.write(post())
    await until(() => hasEnded)
    socket.destroy()
    // What the kernel's buffers of both ends take is not ours; 300 MB would have been.
    expect(made).toBeLessThan(400)
    await until(() => received[0]?.hangUp.aborted === true)
  })

  it('ends with the agent: the signal aborts and the frames are left', async () => {
    let hasEnded = false
    const { server, received } = await given((call) =>
      streamOf(
        (async function* () {
          try {
            yield Buffer.from(': open\n\n')
            await new Promise((resolve) => call.hangUp.addEventListener('abort', () => resolve(undefined)))
          } finally {
            hasEnded = true
          }
        })(),
      ),
    )
    const socket = connect(server.port, '127.0.0.1')
    socket.write(post())
    await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
    await until(() => hasEnded && received[0]?.hangUp.aborted === true)
  })
})
