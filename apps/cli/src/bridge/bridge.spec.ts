import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import {
  Client as NewerClient,
  StreamableHTTPClientTransport as NewerTransport,
} from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  CreateMessageRequestSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { until } from '@writ/point/fixtures'
import { listenOn } from '@writ/runtime'
import { testAuthority } from '@writ/runtime/fixtures'
import type { BridgeSettings } from './bridge.ts'
import { createBridge } from './bridge.ts'
import { createDoor, openSecret } from './secret.ts'
import { createBridgeServer } from './serve-bridge.ts'
import { givenServers } from './servers.fixture.ts'
import { createStarts } from './starts.ts'

const SECRET = 'a secret of thirty-two characters, and more'
const JSON_FIELDS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'x-api-key': SECRET,
}

let servers: ReturnType<typeof givenServers>
beforeAll(() => {
  servers = givenServers()
})
afterAll(() => servers.remove())

const open: { close: () => Promise<unknown> }[] = []
afterEach(async () => {
  for (const { close } of open.splice(0).toReversed()) await close().catch(() => undefined)
})

const kept = <Open extends { close: () => Promise<unknown> }>(one: Open): Open => {
  open.push(one)
  return one
}

type Change = Partial<BridgeSettings> & { readonly lineBytes?: number }

async function given(name: Parameters<typeof servers.run>[0] | readonly string[], change: Change = {}) {
  const notes: string[] = []
  const { lineBytes = 1024 * 1024, ...settings } = change
  const command = typeof name === 'string' ? servers.run(name) : name
  const env = { PATH: process.env['PATH'] ?? '', GIVEN: 'yes', WRIT_API_KEY: 'wak_secret' }
  const bridge = createBridge(
    { command, env, lineBytes, note: (line) => notes.push(line) },
    { sessions: 4, idleMs: 60_000, ...settings },
  )
  const server = createBridgeServer(bridge, createDoor(SECRET))
  const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
  kept({
    close: async () => {
      server.close()
      server.closeAllConnections()
      await bridge.close()
    },
  })
  const url = `http://127.0.0.1:${port}/mcp`
  const post = async (message: object, fields: Record<string, string> = {}) => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...JSON_FIELDS, ...fields },
      body: JSON.stringify(message),
    })
    return {
      status: answer.status,
      text: await answer.text(),
      session: answer.headers.get('mcp-session-id') ?? '',
      retryAfter: answer.headers.get('retry-after'),
    }
  }
  return { url, notes, post, bridge }
}

const HANDSHAKE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
}

const OF_2026 = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

async function older(url: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { capabilities: { sampling: {} } })
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: { authorization: `Bearer ${SECRET}` } },
    }),
  )
  return kept(client)
}

async function newer(url: string): Promise<NewerClient> {
  const client = new NewerClient(
    { name: 'test', version: '2' },
    { capabilities: {}, versionNegotiation: { mode: 'auto' } },
  )
  await client.connect(
    new NewerTransport(new URL(url), { requestInit: { headers: { 'x-api-key': SECRET } } }),
  )
  return kept(client)
}

const textOf = (result: unknown): string => JSON.stringify(result)
const pidIn = (result: unknown): string =>
  /of (\d+)|from (\d+)/.exec(textOf(result))?.slice(1).find(Boolean) ?? ''
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a stdio server of the 2025 era behind a bridge', () => {
  it('is one process for each session, which ends with it, and sees no setting of ours', async () => {
    const { url } = await given('older')
    const [one, two] = [await older(url), await older(url)]
    const pids = [pidIn(await one.callTool({ name: 'count' })), pidIn(await two.callTool({ name: 'count' }))]
    expect(new Set(pids).size).toBe(2)
    expect(textOf(await one.callTool({ name: 'count' }))).toContain('call 2 of')
    expect(textOf(await one.callTool({ name: 'env' }))).toContain('|yes')
    expect(textOf(await one.callTool({ name: 'env' }))).not.toContain('WRIT')
    const transport = one.transport
    if (transport instanceof StreamableHTTPClientTransport) await transport.terminateSession()
    await until(() => !isAlive(Number(pids[0])))
    expect(isAlive(Number(pids[1]))).toBe(true)
  })

  it('asks its client, reports progress, hears of a cancellation, and tells what changed', async () => {
    const { url, notes } = await given('older')
    const client = await older(url)
    client.setRequestHandler(CreateMessageRequestSchema, async () => ({
      model: 'm',
      role: 'assistant',
      content: { type: 'text', text: 'an answer' },
    }))
    expect(textOf(await client.callTool({ name: 'ask' }))).toContain('heard an answer')
    const steps: number[] = []
    await client.callTool({ name: 'steps' }, undefined, {
      onprogress: ({ progress }) => steps.push(progress),
    })
    expect(steps).toEqual([1, 2, 3])
    const stop = new AbortController()
    const waiting = client.callTool({ name: 'wait' }, undefined, { signal: stop.signal })
    setTimeout(() => stop.abort(), 100)
    await expect(waiting).rejects.toThrow()
    await until(() => notes.includes('was cancelled'))
    let changes = 0
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => void (changes += 1))
    await client.callTool({ name: 'change' })
    await until(() => changes > 0)
  })

  it('says clearly that it has ended, to the call and to the session', async () => {
    const { post } = await given('older')
    const { session } = await post(HANDSHAKE)
    const fields = { 'mcp-session-id': session }
    const died = await post({ jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'die' } }, fields)
    expect(died.text).toContain('the server ended (exit code 7)')
    expect(died.text).toContain('"id":5')
    expect((await post({ jsonrpc: '2.0', id: 6, method: 'ping' }, fields)).status).toBe(404)
  })

  it('keeps to its bounds: sessions, idle time, one stream, one id at a time', async () => {
    const { post, url } = await given('older', { sessions: 1, idleMs: 700 })
    const { session, status } = await post(HANDSHAKE)
    expect(status).toBe(200)
    const full = await post(HANDSHAKE)
    expect([full.status, full.retryAfter]).toEqual([503, '5'])
    const fields = { ...JSON_FIELDS, 'mcp-session-id': session }
    const stop = new AbortController()
    const first = await fetch(url, { headers: fields, signal: stop.signal })
    expect(first.headers.get('content-type')).toBe('text/event-stream')
    expect(await (await fetch(url, { headers: fields })).text()).toBe('')
    void post(
      { jsonrpc: '2.0', id: 8, method: 'tools/call', params: { name: 'wait' } },
      { 'mcp-session-id': session },
    ).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 900))
    expect(
      (await post({ jsonrpc: '2.0', id: 8, method: 'ping' }, { 'mcp-session-id': session })).status,
    ).toBe(400)
    await post(
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 8 } },
      { 'mcp-session-id': session },
    )
    stop.abort()
  })

  it('ends a session that nobody uses', async () => {
    const { post } = await given('older', { idleMs: 200 })
    const { session } = await post(HANDSHAKE)
    await new Promise((resolve) => setTimeout(resolve, 900))
    expect(
      (await post({ jsonrpc: '2.0', id: 1, method: 'ping' }, { 'mcp-session-id': session })).status,
    ).toBe(404)
  })

  it('keeps a session that is used now and then, however short each use is', async () => {
    const { post } = await given('older', { idleMs: 800 })
    const { session } = await post(HANDSHAKE)
    for (let id = 1; id <= 6; id += 1) {
      await new Promise((resolve) => setTimeout(resolve, 300))
      const answer = await post({ jsonrpc: '2.0', id, method: 'ping' }, { 'mcp-session-id': session })
      expect(answer.status).toBe(200)
    }
  })

  it('sends a client of both eras to its own', async () => {
    const { url } = await given('older')
    const client = await newer(url)
    expect(textOf(await client.callTool({ name: 'count' }))).toContain('call 1 of')
  })
})

describe('a stdio server of the 2026 era behind a bridge', () => {
  it('is one process for all, whatever ids and tokens its clients choose', async () => {
    const { url } = await given('newer')
    const clients = [await newer(url), await newer(url), await newer(url)]
    const said = await Promise.all(
      clients.map((client, at) => client.callTool({ name: 'echo', arguments: { say: `words ${at}` } })),
    )
    for (const [at, answer] of said.entries()) expect(textOf(answer)).toContain(`words ${at}`)
    expect(new Set(said.map(pidIn)).size).toBe(1)
    const steps = clients.map((): number[] => [])
    await Promise.all(
      clients.map((client, at) =>
        client.callTool({ name: 'steps' }, { onprogress: ({ progress }) => steps[at]?.push(progress) }),
      ),
    )
    expect(steps).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ])
  })

  it('hears that a client hung up, and is started again after it died', async () => {
    const { url, notes } = await given('newer')
    const client = await newer(url)
    const stop = new AbortController()
    const waiting = client.callTool({ name: 'wait' }, { signal: stop.signal })
    setTimeout(() => stop.abort(), 200)
    await expect(waiting).rejects.toThrow()
    await until(() => notes.includes('was cancelled'))
    await expect(client.callTool({ name: 'die' })).rejects.toThrow('exit code 7')
    await new Promise((resolve) => setTimeout(resolve, 1200))
    expect(textOf(await client.callTool({ name: 'echo', arguments: { say: 'again' } }))).toContain('again')
  })

  it('takes clients of the 2025 era as well, each with a process of its own', async () => {
    const { url } = await given('newer')
    const [one, two] = [await older(url), await older(url)]
    const call = { name: 'echo', arguments: { say: 'x' } }
    expect(pidIn(await one.callTool(call))).not.toBe(pidIn(await two.callTool(call)))
  })
})

describe('servers that do what none should', () => {
  it('are heard where they say a message, and noted where they do not', async () => {
    const { post, notes } = await given('chatty')
    const begun = await post(HANDSHAKE)
    expect(begun.text).toContain('chatty')
    expect(
      (await post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }, { 'mcp-session-id': begun.session })).text,
    ).toBe('{"jsonrpc":"2.0","id":1,"result":{"n":1}}')
    expect(notes).toEqual(
      expect.arrayContaining(['no message: Welcome to the chatty server', 'no message: {"not":"a message"}']),
    )
  })

  it('are ended when a line has no end', async () => {
    const { post } = await given('endless', { lineBytes: 500_000 })
    const answer = await post(HANDSHAKE)
    expect(answer.text).toContain('a line of more than 500000 bytes')
  })

  it('are not started again and again when they end at once', async () => {
    const { post } = await given('broken')
    const first = await post(HANDSHAKE)
    expect(first.text).toContain('the server ended (exit code 3)')
    await post(HANDSHAKE)
    const refused = await post(HANDSHAKE)
    expect(refused.text).toMatch(/keeps ending: it is started again in \d+ s/)
    const missing = await given(['/nowhere/no-such-server'])
    expect((await missing.post(HANDSHAKE)).text).toContain('the server cannot be started')
  })

  it('are taken for older ones when they end at the first question of the newer era', async () => {
    const { url, post } = await given('broken')
    const probe = { jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta: OF_2026 } }
    const answer = await post(probe, {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'server/discover',
    })
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('begin with initialize')])
    await expect(newer(url)).rejects.toThrow('the server ended (exit code 3)')
  })

  it('are ended with all that they started, also against their will', async () => {
    const { post, bridge } = await given('stubborn')
    const { text } = await post(HANDSHAKE)
    const pid = Number(/"version":"(\d+)"/.exec(text)?.[1])
    expect(isAlive(pid)).toBe(true)
    await bridge.close()
    await until(() => !isAlive(pid))
  }, 15_000)

  it('leave nothing behind when they end by themselves', async () => {
    const { post } = await given('leaving')
    const { text, session } = await post(HANDSHAKE)
    const pid = Number(/"version":"(\d+)"/.exec(text)?.[1])
    expect(isAlive(pid)).toBe(true)
    await post({ jsonrpc: '2.0', method: 'notifications/initialized' }, { 'mcp-session-id': session })
    await until(() => !isAlive(pid))
  })

  it('are not heard with what they say of no request in the 2026 era', async () => {
    const { post } = await given('gossip')
    const fields = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'x' }
    const params = { name: 'x', _meta: { ...OF_2026, progressToken: 'mine' } }
    const { text } = await post({ jsonrpc: '2.0', id: 'a', method: 'tools/call', params }, fields)
    expect(text).toContain('"progressToken":"mine"')
    expect(text).toContain('"id":"a"')
    expect(text).not.toContain('gossip')
  })
})

describe('the door of a bridge', () => {
  it('is open to who shows the secret, and to nobody else', async () => {
    const { url, bridge } = await given('chatty')
    const body = JSON.stringify(HANDSHAKE)
    const plain = { 'content-type': 'application/json' }
    const knocks: [string, Record<string, string>, number][] = [
      ['nothing', {}, 401],
      ['another secret', { 'x-api-key': `${SECRET}.` }, 401],
      ['an empty one', { authorization: 'Bearer ' }, 401],
      ['another scheme', { authorization: `Basic ${SECRET}` }, 401],
      ['a foreign page that knows it', { 'x-api-key': SECRET, origin: 'https://evil.example' }, 403],
    ]
    for (const [what, fields, status] of knocks) {
      const answer = await fetch(url, { method: 'POST', headers: { ...plain, ...fields }, body })
      expect([what, answer.status]).toEqual([what, status])
      expect(await answer.text()).not.toContain(SECRET)
    }
    const rest: [string, RequestInit, number][] = [
      ['another path', { method: 'POST', headers: JSON_FIELDS, body }, 404],
      ['PUT', { method: 'PUT', headers: JSON_FIELDS, body }, 405],
      ['text', { method: 'POST', headers: { ...JSON_FIELDS, 'content-type': 'text/plain' }, body }, 415],
      ['a batch', { method: 'POST', headers: JSON_FIELDS, body: `[${body}]` }, 400],
      [
        'a key twice',
        { method: 'POST', headers: JSON_FIELDS, body: '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}' },
        400,
      ],
      [
        'a session that is none',
        {
          method: 'POST',
          headers: { ...JSON_FIELDS, 'mcp-session-id': 'x' },
          body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
        },
        404,
      ],
      [
        'no session',
        { method: 'POST', headers: JSON_FIELDS, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' },
        400,
      ],
      ['a GET without a session', { headers: JSON_FIELDS }, 400],
      [
        'more than the limit',
        { method: 'POST', headers: JSON_FIELDS, body: `"${'x'.repeat(5 * 1024 * 1024)}"` },
        413,
      ],
    ]
    for (const [what, init, status] of rest) {
      const answer = await fetch(what === 'another path' ? `${url}/x` : url, init)
      expect([what, answer.status]).toEqual([what, status])
    }
    expect(bridge.sessionOf('x')).toBeUndefined()
  })

  it('speaks TLS under a certificate of its own', async () => {
    const authority = testAuthority()
    const program = { command: servers.run('chatty'), env: {}, lineBytes: 100_000, note: () => undefined }
    const bridge = kept(createBridge(program, { sessions: 1, idleMs: 60_000 }))
    const server = createBridgeServer(bridge, createDoor(SECRET), authority.issue('localhost'))
    const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
    const status = (ca: string) =>
      new Promise<number>((resolve, reject) => {
        const options = {
          method: 'POST',
          ca,
          servername: 'localhost',
          headers: { ...JSON_FIELDS, 'x-api-key': 'no' },
        }
        request(`https://127.0.0.1:${port}/mcp`, options, (answer) => resolve(answer.statusCode ?? 0))
          .once('error', reject)
          .end('{}')
      })
    expect(await status(authority.cert)).toBe(401)
    await expect(status(testAuthority().cert)).rejects.toThrow()
    server.close()
    server.closeAllConnections()
  })

  it('has a secret that this user alone can read, made once', async () => {
    const home = mkdtempSync(join(tmpdir(), 'writ-bridge-'))
    try {
      const path = join(home, 'bridge', 'secret')
      const first = await openSecret(path)
      expect(first.isNew).toBe(true)
      expect(first.secret.length).toBeGreaterThanOrEqual(43)
      expect(statSync(path).mode & 0o777).toBe(0o600)
      expect(await openSecret(path)).toEqual({ secret: first.secret, isNew: false })
      writeFileSync(join(home, 'short'), 'short', { mode: 0o600 })
      await expect(openSecret(join(home, 'short'))).rejects.toThrow('less than 32 characters')
      writeFileSync(join(home, 'shared'), readFileSync(path), { mode: 0o644 })
      await expect(openSecret(join(home, 'shared'))).rejects.toThrow('other users')
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  })
})

describe('starting again', () => {
  it('waits longer each time that a server ended soon, up to a bound, and no more after one that lived', () => {
    let nowMs = 0
    const starts = createStarts(() => nowMs)
    expect(starts.waitSeconds()).toBe(0)
    const waits = Array.from({ length: 9 }, () => {
      starts.lived(100)
      const wait = starts.waitSeconds()
      nowMs += wait * 1000
      return wait
    })
    expect(waits).toEqual([1, 1, 2, 4, 8, 16, 30, 30, 30])
    starts.lived(6000)
    expect(starts.waitSeconds()).toBe(0)
  })
})
