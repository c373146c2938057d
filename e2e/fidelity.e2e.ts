// The transparency rules of both eras, at a real gateway between real sockets; docs/conformance.md has the table of rules.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ConnectionView, PolicyView } from '@writ/contracts'
import { z } from 'zod'
import { eventually } from './drivers/ledger.ts'
import type { SeenRequest, ScriptedUpstream } from './drivers/scripted-upstream.ts'
import { answerJson, answerStream, event, startScriptedUpstream } from './drivers/scripted-upstream.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const META = 'io.modelcontextprotocol'
const LIMIT_MS = 20_000

let world: World
let upstream: ScriptedUpstream
let agent: EnrolledAgent
let other: EnrolledAgent
let url: string

beforeAll(async () => {
  world = await startWorld()
  upstream = await startScriptedUpstream()
  const { admin, defaultGroup, slug } = world.acme
  await admin.send(
    'POST',
    'connections',
    { name: 'scripted', url: upstream.url, credential: { kind: 'none' }, groups: [defaultGroup] },
    ConnectionView,
  )
  url = `${world.platform.gatewayUrls[0]}/${slug}/scripted/mcp`
  agent = await world.acme.enrol()
  other = await world.acme.enrol()
  await eventually('both agents at the gateway', async () => {
    const statuses = await Promise.all(
      [agent, other].map(async (one) => (await post(ping, { as: one })).status),
    )
    return statuses.every((status) => status === 200)
  })
}, 120_000)
afterAll(async () => {
  await upstream?.close()
  await world?.stop()
}, 60_000)

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
const call2025 = (name = 'a', more: object = {}) => ask('tools/call', { name, arguments: {}, ...more })
const ask = (method: string, params: object, id: string | number = 1) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
})
const tell = (method: string, params: object) => ({ jsonrpc: '2.0', method, params })

type How = {
  readonly as?: EnrolledAgent
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

async function send(verb: string, body: object | string | null, how: How = {}): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const headers = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' }
  return (how.as ?? agent).session.fetch(url, {
    method: verb,
    headers: { ...headers, ...how.headers },
    ...(body === null ? {} : { body: new TextEncoder().encode(text) }),
    ...(how.signal && { signal: how.signal }),
  })
}

const post = (body: object | string, how: How = {}) => send('POST', body, how)

/** A request of 2026-07-28, with everything that it has to carry. */
function post2026(method: string, params: object, how: How & { readonly name?: string } = {}) {
  const version = '2026-07-28'
  const _meta = { [`${META}/protocolVersion`]: version, [`${META}/clientCapabilities`]: {} }
  const headers = {
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...(how.name && { 'mcp-name': how.name }),
  }
  return post(ask(method, { ...params, _meta }), { ...how, headers: { ...headers, ...how.headers } })
}

const lastSeen = (): SeenRequest => {
  const last = upstream.seen.at(-1)
  if (last === undefined) throw new Error('the upstream was not asked')
  return last
}

/** Reads a stream until what came so far satisfies, and then leaves it. */
async function readUntil(response: Response, isEnough: (text: string) => boolean): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (isEnough(text)) return text
  }
  return text
}

async function begun(as: EnrolledAgent = agent): Promise<string> {
  upstream.play(
    answerJson(200, { jsonrpc: '2.0', id: 1, result: {} }, { 'mcp-session-id': 'upstream-session' }),
  )
  const response = await post(ask('initialize', { protocolVersion: '2025-11-25', capabilities: {} }), { as })
  await response.text()
  return response.headers.get('mcp-session-id') ?? ''
}

describe('both eras', () => {
  it.each(['2025-03-26', '2025-06-18', '2025-11-25'])('pass as they are: %s', async (version) => {
    upstream.play(answerJson(200, `{"jsonrpc":"2.0", "id":1,"result":{"n":1.10,"x":[ ]}}`))
    const body = `{"jsonrpc":"2.0" ,"id":1,"method":"tools/call","params":{"name":"a","arguments":{"n":1.0}}}`
    const response = await post(body, { headers: { 'mcp-protocol-version': version } })
    expect(await response.text()).toBe('{"jsonrpc":"2.0", "id":1,"result":{"n":1.10,"x":[ ]}}')
    expect([lastSeen().body, lastSeen().headers.get('mcp-protocol-version')]).toEqual([body, version])
  })

  it('pass as they are: 2026-07-28, with the headers that repeat the body, and those of single arguments', async () => {
    upstream.play(answerJson(200, { jsonrpc: '2.0', id: 1, result: {} }))
    const headers = { 'mcp-param-region': 'eu-west', 'mcp-param-other': 'nowhere in the body' }
    const params = { name: 'a', arguments: { region: 'eu-west' } }
    await post2026('tools/call', params, { name: 'a', headers })
    const seen = lastSeen()
    const fields = ['mcp-protocol-version', 'mcp-method', 'mcp-name', 'mcp-param-region', 'mcp-param-other']
    expect(fields.map((field) => seen.headers.get(field))).toEqual([
      '2026-07-28',
      'tools/call',
      'a',
      'eu-west',
      undefined,
    ])
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['method', { 'mcp-method': 'tools/list' }],
    ['name', { 'mcp-name': 'b' }],
    ['version', { 'mcp-protocol-version': '2025-11-25' }],
  ])('are refused where a header disagrees with the body: the %s', async (_, headers) => {
    const before = upstream.seen.length
    const response = await post2026('tools/call', { name: 'a' }, { name: 'a', headers })
    expect([response.status, await response.json()]).toMatchObject([400, { id: 1, error: { code: -32_020 } }])
    expect(upstream.seen).toHaveLength(before)
  })

  it.each<[number, string, Readonly<Record<string, string>>]>([
    [
      400,
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"no","data":{"supported":["2025-11-25"]}}}',
      {},
    ],
    [404, 'Not Found', { 'content-type': 'text/plain' }],
    [405, '', { allow: 'POST' }],
  ])('see a %i of the upstream as it is', async (status, body, headers) => {
    upstream.play(answerJson(status, body, headers))
    const response = await post2026('server/discover', {})
    expect([response.status, await response.text()]).toEqual([status, body])
    if (headers['allow']) expect(response.headers.get('allow')).toBe('POST')
  })

  it('leave it to the upstream to say which versions it has', async () => {
    upstream.play(answerJson(400, '{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"no"}}'))
    const version = 'v999.0.0'
    const body = ask('server/discover', { _meta: { [`${META}/protocolVersion`]: version } })
    const headers = { 'mcp-protocol-version': version, 'mcp-method': 'server/discover' }
    expect((await post(body, { headers })).status).toBe(400)
    expect(lastSeen().headers.get('mcp-protocol-version')).toBe(version)
  })

  it('have no batches', async () => {
    const before = upstream.seen.length
    const response = await post(`[${JSON.stringify(ping)}]`)
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: -31_044 } }])
    expect(upstream.seen).toHaveLength(before)
  })

  it('have no method of 2025 in a request of 2026', async () => {
    const before = upstream.seen.length
    const response = await post2026('resources/subscribe', {})
    expect([response.status, await response.json()]).toMatchObject([404, { id: 1, error: { code: -32_601 } }])
    expect(upstream.seen).toHaveLength(before)
  })
})

describe('a stream', () => {
  it('passes byte by byte, whatever it holds beside messages', async () => {
    const progress = event(tell('notifications/progress', { progressToken: 7, progress: 1, total: 2 }), 'e-1')
    const log = event(tell('notifications/message', { level: 'info', data: 'half' }))
    const bytes = [
      ': hello\n\n',
      'retry: 5\n\n',
      progress,
      log,
      event({ jsonrpc: '2.0', id: 1, result: {} }, 'e-2'),
    ]
    upstream.play(answerStream(bytes))
    const response = await post(call2025('a', { _meta: { progressToken: 7 } }))
    expect(await response.text()).toBe(bytes.join(''))
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(JSON.parse(lastSeen().body).params._meta.progressToken).toBe(7)
  })

  it(
    'carries questions of the server, and the answers go back as they are',
    async () => {
      const session = await begun()
      const questions = [
        ask('sampling/createMessage', { messages: [], maxTokens: 1 }, 's-1'),
        ask(
          'elicitation/create',
          { message: 'Which?', requestedSchema: { type: 'object', properties: {} } },
          's-2',
        ),
        ask('roots/list', {}, 's-3'),
        tell('notifications/cancelled', { requestId: 's-3' }),
        tell('notifications/resources/updated', { uri: 'file:///a' }),
        tell('notifications/tools/list_changed', {}),
      ]
      upstream.play(
        answerStream(
          questions.map((one) => event(one)),
          { isOpen: true },
        ),
      )
      const headers = { 'mcp-session-id': session }
      const stream = await send('GET', null, { headers })
      const said = await readUntil(stream, (text) => text.includes('tools/list_changed'))
      expect(said).toBe(questions.map((one) => event(one)).join(''))
      upstream.play((response) => void response.writeHead(202).end())
      const answers = [
        { jsonrpc: '2.0', id: 's-1', result: { role: 'assistant', content: { type: 'text', text: 'yes' } } },
        { jsonrpc: '2.0', id: 's-2', result: { action: 'decline' } },
        { jsonrpc: '2.0', id: 's-3', error: { code: -32_601, message: 'no roots' } },
      ]
      for (const answer of answers) {
        expect((await post(answer, { headers })).status).toBe(202)
        expect([lastSeen().body, lastSeen().headers.get('mcp-session-id')]).toEqual([
          JSON.stringify(answer),
          'upstream-session',
        ])
      }
    },
    LIMIT_MS,
  )

  it(
    'is what the upstream is left by when an agent of 2026 hangs up',
    async () => {
      upstream.play(
        answerStream([event(tell('notifications/message', { level: 'info', data: 'on it' }))], {
          isOpen: true,
        }),
      )
      const hangUp = new AbortController()
      const response = await post2026('tools/call', { name: 'a' }, { name: 'a', signal: hangUp.signal })
      await readUntil(response, (text) => text.includes('on it'))
      hangUp.abort()
      await lastSeen().left
    },
    LIMIT_MS,
  )

  it('is cancelled in 2025 by a word, which passes', async () => {
    upstream.play((response) => void response.writeHead(202).end())
    const word = tell('notifications/cancelled', { requestId: 1, reason: 'enough' })
    expect((await post(word)).status).toBe(202)
    expect(lastSeen().body).toBe(JSON.stringify(word))
  })

  it(
    'of subscriptions is a long answer to one request',
    async () => {
      const told = [
        tell('notifications/subscriptions/acknowledged', {
          notifications: { toolsListChanged: true },
          _meta: { [`${META}/subscriptionId`]: 1 },
        }),
        tell('notifications/tools/list_changed', { _meta: { [`${META}/subscriptionId`]: 1 } }),
      ].map((one) => event(one))
      upstream.play(answerStream(told, { isOpen: true }))
      const response = await post2026('subscriptions/listen', { notifications: { toolsListChanged: true } })
      expect(await readUntil(response, (text) => text.includes('list_changed'))).toBe(told.join(''))
      await lastSeen().left
    },
    LIMIT_MS,
  )
})

describe('a session of 2025', () => {
  it('is the upstream’s own behind a seal, for its process alone', async () => {
    const session = await begun()
    expect(session).not.toContain('upstream-session')
    upstream.play(answerJson(200, { jsonrpc: '2.0', id: 1, result: {} }))
    expect((await post(ping, { headers: { 'mcp-session-id': session } })).status).toBe(200)
    expect(lastSeen().headers.get('mcp-session-id')).toBe('upstream-session')
    const before = upstream.seen.length
    const headers = { 'mcp-session-id': session }
    expect((await post(ping, { headers, as: other })).status).toBe(404)
    expect((await post(ping, { headers, as: { ...agent, session: agent.anotherSession() } })).status).toBe(
      404,
    )
    expect((await post(ping, { headers: { 'mcp-session-id': 'upstream-session' } })).status).toBe(404)
    expect(upstream.seen).toHaveLength(before)
  })

  it('is taken up where it broke off, by its owner', async () => {
    const session = await begun()
    const missed = [event(tell('notifications/message', { level: 'info', data: 'missed' }), 'e-8')]
    upstream.play(answerStream(missed))
    const headers = { 'mcp-session-id': session, 'last-event-id': 'e-7' }
    expect(await (await send('GET', null, { headers })).text()).toBe(missed.join(''))
    expect([lastSeen().verb, lastSeen().headers.get('last-event-id')]).toEqual(['GET', 'e-7'])
    const before = upstream.seen.length
    expect((await send('GET', null, { headers, as: other })).status).toBe(404)
    expect((await send('GET', null, { headers: { 'last-event-id': 'e-7' } })).status).toBe(404)
    expect(upstream.seen).toHaveLength(before)
  })

  it('is ended by DELETE, and a server that has none of this says so', async () => {
    const session = await begun()
    upstream.play((response) => void response.writeHead(204).end())
    const headers = { 'mcp-session-id': session }
    expect((await send('DELETE', null, { headers })).status).toBe(204)
    expect([lastSeen().verb, lastSeen().headers.get('mcp-session-id')]).toEqual([
      'DELETE',
      'upstream-session',
    ])
    upstream.play(answerJson(405, '', { allow: 'POST' }))
    for (const verb of ['GET', 'DELETE']) expect((await send(verb, null)).status).toBe(405)
  })
})

describe('a request in several rounds', () => {
  it('keeps the state of the upstream for its principal', async () => {
    const asking = {
      resultType: 'input_required',
      inputRequests: { name: { method: 'elicitation/create', params: { message: 'Who?' } } },
      requestState: 'round-1',
    }
    upstream.play(answerJson(200, { jsonrpc: '2.0', id: 1, result: asking }))
    const result = await resultOf(await post2026('tools/call', { name: 'a' }, { name: 'a' }))
    expect(result).toMatchObject({ resultType: 'input_required', inputRequests: asking.inputRequests })
    expect(result.requestState).not.toContain('round-1')

    const next = {
      name: 'a',
      inputResponses: { name: { action: 'accept' } },
      requestState: result.requestState,
    }
    await post2026('tools/call', next, { name: 'a' })
    expect(JSON.parse(lastSeen().body).params).toMatchObject({ ...next, requestState: 'round-1' })

    const before = upstream.seen.length
    const stolen = await post2026('tools/call', next, { name: 'a', as: other })
    expect([stolen.status, await stolen.json()]).toMatchObject([200, { error: { code: -31_027 } }])
    const forged = await post2026('tools/call', { ...next, requestState: 'round-1' }, { name: 'a' })
    expect(await forged.json()).toMatchObject({ error: { code: -31_027 } })
    expect(upstream.seen).toHaveLength(before)
  })
})

describe('a task', () => {
  it('belongs to the principal that it was given to', async () => {
    const task = {
      resultType: 'task',
      taskId: 'job-1',
      status: 'working',
      createdAt: '2026-11-21T00:00:00Z',
      ttlMs: 1,
    }
    upstream.play(answerJson(200, { jsonrpc: '2.0', id: 1, result: task }))
    const result = await resultOf(await post2026('tools/call', { name: 'a' }, { name: 'a' }))
    const taskId = result.taskId ?? ''
    expect(taskId).not.toContain('job-1')

    const shown = await resultOf(await post2026('tasks/get', { taskId }, { name: taskId }))
    expect(shown.taskId).toBe(taskId)
    expect([JSON.parse(lastSeen().body).params.taskId, lastSeen().headers.get('mcp-name')]).toEqual([
      'job-1',
      'job-1',
    ])

    const before = upstream.seen.length
    for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
      const stolen = await post2026(method, { taskId }, { name: taskId, as: other })
      expect(await stolen.json()).toMatchObject({ error: { code: -31_026 } })
    }
    expect(upstream.seen).toHaveLength(before)
    await post2026('tasks/get', { taskId: 'job-1' }, { name: 'job-1', as: other })
    expect(lastSeen().body).not.toContain('job-1')
    expect(lastSeen().headers.get('mcp-name')).not.toContain('job-1')
  })
})

const listed = async () => resultOf(await post2026('tools/list', {}))

describe('a listing', () => {
  const tools = [
    { name: 'erase_all', inputSchema: { type: 'object' } },
    { name: 'look', inputSchema: { type: 'object' } },
  ]
  const listing = { resultType: 'complete', tools, ttlMs: 86_400_000, cacheScope: 'public' }

  it('is nobody else’s to keep, and bounded in time where something was left out', async () => {
    upstream.play(answerJson(200, { jsonrpc: '2.0', id: 1, result: listing }))
    expect(await listed()).toEqual({ ...listing, cacheScope: 'private' })
    const rule = {
      id: 'no-erasing',
      effect: 'deny',
      on: ['outbound'],
      when: { path: 'action.tool', op: 'eq', value: 'erase_all' },
      reason: 'Nothing is erased.',
    }
    const document = { writ: 1, rules: [rule] }
    const groups = [world.acme.defaultGroup]
    await world.acme.admin.send('POST', 'policies', { name: 'no-erasing', document, groups }, PolicyView)
    const shown = await eventually('the shorter listing', async () => {
      const now = await listed()
      return now.tools?.length === 1 && now
    })
    expect(shown).toEqual({ ...listing, tools: tools.slice(1), ttlMs: 300_000, cacheScope: 'private' })
  })
})

const Told = z.looseObject({
  result: z.looseObject({
    requestState: z.string().optional(),
    taskId: z.string().optional(),
    tools: z.array(z.unknown()).optional(),
  }),
})
const resultOf = async (response: Response) => Told.parse(await response.json()).result
