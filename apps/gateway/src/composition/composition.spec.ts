import { afterEach, describe, expect, it } from '@jest/globals'
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
import { z } from 'zod'
import type { Given, GivenGateway } from './given-composition.fixture.ts'
import { givenGateway } from './given-composition.fixture.ts'
import { cancelled, startNewer, startOlder, startPlain } from './upstreams.fixture.ts'
import type { RealServer } from './upstreams.fixture.ts'

const Found = z.object({ tools: z.array(z.object({ name: z.string() })) })

const open: { close: () => Promise<unknown> }[] = []
afterEach(async () => {
  for (const { close } of open.splice(0).toReversed()) await close().catch(() => undefined)
})

const kept = <Open extends { close: () => Promise<unknown> }>(one: Open): Open => {
  open.push(one)
  return one
}

async function given(
  servers: Readonly<Record<string, RealServer>>,
  change: Omit<Given, 'upstreams'> & { readonly lost?: readonly string[] } = {},
): Promise<GivenGateway> {
  for (const server of Object.values(servers)) kept(server)
  const upstreams = Object.fromEntries(Object.entries(servers).map(([name, { url }]) => [name, url]))
  const lost = Object.fromEntries((change.lost ?? []).map((name) => [name, 'http://127.0.0.1:9/mcp']))
  return kept(await givenGateway({ upstreams: { ...upstreams, ...lost }, ...change }))
}

/** SDK 1.x: the 2025 era, with a session. */
async function older(gateway: GivenGateway, send = gateway.fetch): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { capabilities: { sampling: {} } })
  await client.connect(new StreamableHTTPClientTransport(new URL(gateway.url), { fetch: send }))
  return kept(client)
}

/** SDK 2.x: the 2026 era. */
async function newer(gateway: GivenGateway): Promise<NewerClient> {
  const client = new NewerClient(
    { name: 'test', version: '2' },
    { capabilities: { elicitation: {} }, versionNegotiation: { mode: 'auto' } },
  )
  await client.connect(new NewerTransport(new URL(gateway.url), { fetch: gateway.fetch }))
  return kept(client)
}

const namesOf = (items: readonly { readonly name: string }[]) => items.map(({ name }) => name)
const textOf = (result: unknown): string => JSON.stringify(result)
const HANDSHAKE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
}

const endings = ({ closed }: GivenGateway) =>
  closed.map(
    ({ connection, action, refusal }) =>
      `${connection?.name ?? '-'} ${action?.method ?? '-'} ${refusal?.code ?? 'ok'}`,
  )

describe('several connections behind one endpoint, in the 2025 era', () => {
  it('is one session in which every tool, prompt and resource has a name of its own', async () => {
    const gateway = await given({ notes: await startOlder('notes'), files: await startOlder('files') })
    const client = await older(gateway)
    const { tools } = await client.listTools()
    expect(namesOf(tools)).toEqual(
      ['files', 'notes'].flatMap((name) =>
        ['echo', 'ask', 'steps', 'wait', 'link', 'change'].map((tool) => `${name}__${tool}`),
      ),
    )
    expect(textOf(await client.callTool({ name: 'files__echo', arguments: { say: 'hello' } }))).toContain(
      'files says hello',
    )
    expect(textOf(await client.callTool({ name: 'notes__echo', arguments: { say: 'hello' } }))).toContain(
      'notes says hello',
    )
    expect(textOf(await client.getPrompt({ name: 'notes__greet', arguments: { whom: 'Ada' } }))).toContain(
      'notes greets Ada',
    )
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual([
      'writ+files:note://one',
      'writ+notes:note://one',
    ])
    const read = await client.readResource({ uri: 'writ+notes:note://one' })
    expect(read.contents).toMatchObject([{ uri: 'writ+notes:note://one', text: 'a note of notes' }])
    expect(
      (await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate),
    ).toEqual(['writ+files:note://{id}/part', 'writ+notes:note://{id}/part'])
    expect(textOf(await client.readResource({ uri: 'writ+files:note://7/part' }))).toContain(
      'a part of files',
    )
    expect(textOf(await client.callTool({ name: 'files__link' }))).toContain('writ+files:note://one')
    await client.setLoggingLevel('error')
    await client.ping()
    expect(client.getInstructions()).toContain('# files\nUse files well.')
  })

  it('asks the client for a server, and brings the answer back to the one that asked', async () => {
    const gateway = await given({ notes: await startOlder('notes'), files: await startOlder('files') })
    const client = await older(gateway)
    client.setRequestHandler(CreateMessageRequestSchema, async ({ params }) => ({
      model: 'm',
      role: 'assistant',
      content: { type: 'text', text: `an answer ${JSON.stringify(params.messages)}` },
    }))
    const both = await Promise.all([
      client.callTool({ name: 'files__ask' }),
      client.callTool({ name: 'notes__ask' }),
    ])
    expect(textOf(both[0])).toMatch(/files heard an answer .*for files/)
    expect(textOf(both[1])).toMatch(/notes heard an answer .*for notes/)
  })

  it('passes on progress step by step, and a cancellation to the server that works', async () => {
    const gateway = await given({ notes: await startOlder('notes'), files: await startOlder('files') })
    const client = await older(gateway)
    const steps: number[] = []
    await client.callTool({ name: 'notes__steps' }, undefined, {
      onprogress: ({ progress }) => steps.push(progress),
    })
    expect(steps).toEqual([1, 2, 3])
    const stop = new AbortController()
    const before = cancelled.length
    const waiting = client.callTool({ name: 'files__wait' }, undefined, { signal: stop.signal })
    await until(() => gateway.closed.length > 0)
    setTimeout(() => stop.abort(), 100)
    await expect(waiting).rejects.toThrow()
    await until(() => cancelled.length > before)
    expect(cancelled.slice(before)).toEqual(['files'])
  })

  it('tells on one stream what any of the servers tells', async () => {
    const gateway = await given({ notes: await startOlder('notes'), files: await startOlder('files') })
    const client = await older(gateway)
    let changes = 0
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => void (changes += 1))
    await new Promise((resolve) => setTimeout(resolve, 300))
    await client.callTool({ name: 'files__change' })
    await until(() => changes >= 1)
    await client.callTool({ name: 'notes__change' })
    await until(() => changes >= 2)
  })

  it('is a session of this agent alone, that ends when a server’s own session is gone', async () => {
    const files = await startOlder('files')
    const gateway = await given({ files })
    const began = await gateway.rpc('initialize', HANDSHAKE)
    const session = began.headers.get('mcp-session-id') ?? ''
    expect(session).not.toContain('files')
    const headers = { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' }
    expect((await gateway.rpc('tools/list', {}, headers)).status).toBe(200)
    const asOther = await gateway.fetchAsOther(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    })
    expect(asOther.status).toBe(404)
    expect(
      (
        await gateway.rpc(
          'tools/list',
          {},
          { ...headers, 'mcp-session-id': `${session.slice(0, -1)}${session.endsWith('A') ? 'B' : 'A'}` },
        )
      ).status,
    ).toBe(404)
    const gone = await gateway.fetch(gateway.url, { method: 'DELETE', headers })
    expect(gone.status).toBe(200)
    expect((await gateway.rpc('tools/list', {}, headers)).status).toBe(404)
  })
})

const OF_2026 = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

const asked = (server: RealServer) =>
  server.seen.filter(({ body }) => body.includes('subscriptions/listen')).map(({ body }) => body)

describe('several connections behind one endpoint, in the 2026 era', () => {
  it('describes itself, lists, and calls without a session', async () => {
    const gateway = await given({ notes: await startNewer('notes'), files: await startNewer('files') })
    const client = await newer(gateway)
    expect(namesOf((await client.listTools()).tools)).toEqual([
      'files__echo',
      'files__rounds',
      'notes__echo',
      'notes__rounds',
    ])
    expect(textOf(await client.callTool({ name: 'notes__echo', arguments: { say: 'hello' } }))).toContain(
      'notes says hello',
    )
    expect(textOf(await client.getPrompt({ name: 'files__greet', arguments: { whom: 'Ada' } }))).toContain(
      'files greets Ada',
    )
    expect(textOf(await client.readResource({ uri: 'writ+files:note://one' }))).toContain('a note of files')
    const listed = await gateway.rpc(
      'tools/list',
      { _meta: OF_2026 },
      { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' },
    )
    expect(listed.result).toMatchObject({ resultType: 'complete', cacheScope: 'private' })
    expect(listed.result.ttlMs).toBeLessThanOrEqual(30_000)
  })

  it('goes in rounds, with a state that only the one server gets back, from this agent', async () => {
    const gateway = await given({ notes: await startNewer('notes'), files: await startNewer('files') })
    const client = await newer(gateway)
    client.setRequestHandler('elicitation/create', async () => ({
      action: 'accept',
      content: { who: 'Ada' },
    }))
    expect(textOf(await client.callTool({ name: 'notes__rounds' }))).toContain('notes got state of notes')
    const call = (name: string, state?: string, send = gateway.fetch) =>
      send(gateway.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'tools/call',
          'mcp-name': name,
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: {
            name,
            ...(state && { requestState: state, inputResponses: { who: { action: 'accept', content: {} } } }),
            _meta: { ...OF_2026, 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } },
          },
        }),
      }).then((answer) => answer.text())
    const state = /"requestState":"([^"]+)"/.exec(await call('files__rounds'))?.[1] ?? ''
    expect(state).not.toContain('state of files')
    expect(await call('files__rounds', state)).toContain('files got state of files')
    expect(await call('notes__rounds', state)).toContain('-32602')
    expect(await call('files__rounds', state, gateway.fetchAsOther)).toContain('-32602')
    expect(await call('files__rounds', 'state of files')).toContain('-32602')
  })

  it('takes one subscription to all servers', async () => {
    const gateway = await given({ notes: await startNewer('notes'), files: await startNewer('files') })
    const stop = new AbortController()
    const answer = await gateway.fetch(gateway.url, {
      method: 'POST',
      signal: stop.signal,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'subscriptions/listen',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 'sub',
        method: 'subscriptions/listen',
        params: { notifications: { toolsListChanged: true }, _meta: OF_2026 },
      }),
    })
    const reader = answer.body?.getReader()
    const first = new TextDecoder().decode((await reader?.read())?.value)
    expect(first).toContain('notifications/subscriptions/acknowledged')
    expect(first).toContain('"io.modelcontextprotocol/subscriptionId":"sub"')
    expect(first.match(/acknowledged/g)).toHaveLength(1)
    stop.abort()
    await until(
      () => endings(gateway).filter((line) => line.endsWith('subscriptions/listen ok')).length === 3,
    )
  })

  it('subscribes at each server to its own resources and tasks, and to nothing of the others', async () => {
    const servers = {
      notes: await startPlain(() => ({ task: { taskId: 't1' } })),
      files: await startPlain(() => ({ task: { taskId: 't1' } })),
      mute: await startPlain(() => ({})),
    }
    const gateway = await given(servers)
    const task = idIn((await gateway.rpc('tools/call', { name: 'notes__work', arguments: {} })).text)
    const notifications = { resourceSubscriptions: ['writ+files:note://one'], taskIds: [task, 't1'] }
    await gateway.rpc(
      'subscriptions/listen',
      { notifications, _meta: OF_2026 },
      { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' },
    )
    expect(asked(servers.mute)).toEqual([])
    expect(asked(servers.files).join('')).toContain(
      '"notifications":{"resourceSubscriptions":["note://one"]}',
    )
    expect(asked(servers.notes).join('')).toContain('"notifications":{"taskIds":["t1"]}')
  })

  it('sends a client of both eras to the older one where a server speaks no other, so that none is missed', async () => {
    const gateway = await given({ notes: await startNewer('notes'), files: await startOlder('files') })
    const client = await newer(gateway)
    expect(namesOf((await client.listTools()).tools)).toEqual(
      expect.arrayContaining(['files__echo', 'notes__echo']),
    )
    expect(textOf(await client.callTool({ name: 'files__echo', arguments: { say: 'hello' } }))).toContain(
      'files says hello',
    )
  })
})

describe('what is shown and what is missing', () => {
  it('shows only the connections of the agent’s groups, and of the token', async () => {
    const servers = {
      notes: await startNewer('notes'),
      files: await startNewer('files'),
      pay: await startNewer('pay'),
    }
    const gateway = await given(servers, {
      others: ['pay'],
      claims: { authorization_details: [{ type: 'writ_tool', connections: ['files', 'pay'] }] },
    })
    const { result } = await gateway.rpc('tools/list')
    expect(new Set(namesOf(result.tools).map((name) => name.split('__')[0]))).toEqual(new Set(['files']))
    for (const name of ['pay__echo', 'notes__echo', 'nothing__echo', 'echo']) {
      const answer = await gateway.rpc('tools/call', { name, arguments: { say: 'x' } })
      expect(answer.error).toMatchObject({ code: -32_602, message: 'nothing of this name is here' })
    }
    expect(servers.pay.seen).toHaveLength(0)
    expect(servers.notes.seen).toHaveLength(0)
  })

  it('shows only what policy lets this caller call, and denies the rest under its real name', async () => {
    const rule = {
      id: 'no-echo',
      effect: 'deny',
      on: ['outbound'],
      when: {
        all: [
          { path: 'action.tool', op: 'eq', value: 'echo' },
          { path: 'connection.name', op: 'eq', value: 'files' },
        ],
      },
      reason: 'No echo.',
    } satisfies NonNullable<Given['rules']>[number]
    const gateway = await given(
      { notes: await startNewer('notes'), files: await startNewer('files') },
      { rules: [rule] },
    )
    const { result } = await gateway.rpc('tools/list')
    expect(namesOf(result.tools)).not.toContain('files__echo')
    expect(namesOf(result.tools)).toContain('notes__echo')
    const denied = await gateway.rpc('tools/call', { name: 'files__echo', arguments: { say: 'x' } })
    expect(denied.error).toMatchObject({ code: -31_100, data: { rule: 'no-echo' } })
    expect(denied.error.data.decisionId).toBe(denied.headers.get('writ-decision-id'))
  })

  it('names a connection that is down, and never says that there is nothing', async () => {
    const gateway = await given({ files: await startNewer('files') }, { lost: ['notes'] })
    const { result } = await gateway.rpc('tools/list')
    expect(namesOf(result.tools)).toContain('files__echo')
    expect(result._meta).toEqual({
      'writ/unavailable': [{ connection: 'notes', reason: 'upstream_unreachable' }],
    })
    const alone = await given({}, { lost: ['notes'] })
    expect((await alone.rpc('tools/list')).error.code).toBe(-31_125)
    expect((await alone.rpc('initialize', HANDSHAKE)).error.code).toBe(-31_125)
  })

  it('leaves out connections beyond the limit, the last by name, and names them', async () => {
    const servers = { b: await startNewer('b'), c: await startNewer('c'), a: await startNewer('a') }
    const gateway = await given(servers, { settings: { connections: 2 } })
    const { result } = await gateway.rpc('tools/list')
    expect(namesOf(result.tools)).toEqual(['a__echo', 'a__rounds', 'b__echo', 'b__rounds'])
    expect(result._meta).toEqual({
      'writ/unavailable': [{ connection: 'c', reason: 'too_many_connections' }],
    })
  })

  it('lets an agent search where there are too many tools to list, and call what it found', async () => {
    const many = Array.from({ length: 30 }, (_, at) => `make_report_${at}`)
    const gateway = await given(
      {
        notes: await startOlder('notes', ['send invoice now!', 'archive']),
        files: await startOlder('files', many),
      },
      { settings: { toolsListed: 20 } },
    )
    const client = await older(gateway)
    expect(namesOf((await client.listTools()).tools)).toEqual(['search_tools', 'call_tool'])
    const answer = await client.callTool({ name: 'search_tools', arguments: { query: 'sending an invoice' } })
    const [first] = Found.parse(answer.structuredContent).tools
    expect(first?.name).toMatch(/^notes_[a-z2-7]{20}_send-invoice-now-$/)
    expect(textOf(await client.callTool({ name: first?.name ?? '' }))).toContain(
      'notes did send invoice now!',
    )
    expect(
      textOf(
        await client.callTool({
          name: 'call_tool',
          arguments: { name: 'files__make_report_7', arguments: {} },
        }),
      ),
    ).toContain('files did make_report_7')
    expect(
      textOf(
        await client.callTool({
          name: 'call_tool',
          arguments: { name: 'notes__echo', arguments: { say: '7.10' } },
        }),
      ),
    ).toContain('notes says 7.10')
    await expect(client.callTool({ name: 'call_tool', arguments: { name: 'pay__echo' } })).rejects.toThrow(
      'nothing of this name',
    )
  })
})

const pages = (name: string, count: number) =>
  startPlain(({ params: { cursor = '0' } }) => ({
    prompts: [{ name: `${name}${cursor}` }],
    ...(Number(cursor) + 1 < count ? { nextCursor: String(Number(cursor) + 1) } : {}),
  }))

const tasks = (name: string) =>
  startPlain(({ method, params }) =>
    method === 'tools/call'
      ? { task: { taskId: '1', status: 'working' } }
      : { taskId: params['taskId'], status: `known to ${name}` },
  )

const idIn = (text: string) => /"taskId":"([^"]+)"/.exec(text)?.[1] ?? ''

const event = (id: string) =>
  `id: ${id}\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n`

describe('what goes through in parts', () => {
  it('goes on page by page, each server from where it stopped', async () => {
    const gateway = await given({ notes: await pages('n', 1), files: await pages('f', 3) })
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const { text } = await gateway.rpc('prompts/list', cursor === undefined ? {} : { cursor })
      seen.push([...text.matchAll(/"name":"([^"]+)"/g)].map(([, name]) => name).join(' '))
      cursor = /"nextCursor":"([^"]+)"/.exec(text)?.[1]
    } while (cursor !== undefined)
    expect(seen).toEqual(['files__f0 notes__n0', 'files__f1', 'files__f2'])
    expect((await gateway.rpc('prompts/list', { cursor: 'of another' })).error.code).toBe(-32_602)
  })

  it('finds a shortened name again in a listing of its own', async () => {
    const tool = 'a tool with a name that no model API takes'
    const files = await startPlain(({ method, params }) =>
      method === 'tools/list'
        ? {
            tools: [
              { name: 'other', inputSchema: { type: 'object' } },
              { name: tool, inputSchema: { type: 'object' } },
            ],
          }
        : { content: [{ type: 'text', text: `called ${String(params['name'])}` }] },
    )
    const first = await given({ files })
    const name = (await first.rpc('tools/list')).result.tools.at(-1)?.name ?? ''
    const second = kept(await givenGateway({ upstreams: { files: files.url } }))
    expect((await second.rpc('tools/call', { name, arguments: {} })).text).toContain(`called ${tool}`)
    expect(
      (await second.rpc('tools/call', { name: `${name.slice(0, 8)}aaaa${name.slice(12)}`, arguments: {} }))
        .error.code,
    ).toBe(-32_602)
  })

  it('brings a task back to its server, for the agent that began it and for no other', async () => {
    const gateway = await given({ notes: await tasks('notes'), files: await tasks('files') })
    const mine = idIn((await gateway.rpc('tools/call', { name: 'notes__work', arguments: {} })).text)
    const other = idIn((await gateway.rpc('tools/call', { name: 'files__work', arguments: {} })).text)
    expect(mine).not.toBe(other)
    const shown = await gateway.rpc('tasks/get', { taskId: mine })
    expect(shown.text).toContain('known to notes')
    expect(idIn(shown.text)).toBe(mine)
    expect((await gateway.rpc('tasks/get', { taskId: '1' })).error.code).toBe(-32_602)
    const stranger = await gateway.fetchAsOther(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tasks/get', params: { taskId: mine } }),
    })
    expect(await stranger.text()).toContain('-32602')
  })

  it('takes a stream up again at the server that the last event came from', async () => {
    const servers = {
      notes: await startPlain(() => ({}), event('n-7')),
      files: await startPlain(() => ({}), event('f-7')),
      mute: await startPlain(() => ({})),
    }
    const gateway = await given(servers)
    const session = (await gateway.rpc('initialize', HANDSHAKE)).headers.get('mcp-session-id') ?? ''
    const listen = (headers: Record<string, string> = {}) =>
      gateway.fetch(gateway.url, {
        headers: { accept: 'text/event-stream', 'mcp-session-id': session, ...headers },
      })
    const text = await (await listen()).text()
    expect(
      [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? '').toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual(['files:f-7', 'notes:n-7'])
    await (await listen({ 'last-event-id': 'notes:n-7' })).text()
    expect(servers.notes.seen.at(-1)?.headers['last-event-id']).toBe('n-7')
    expect(servers.files.seen.at(-1)?.headers['last-event-id']).toBeUndefined()
    expect(await (await listen({ 'last-event-id': 'n-7' })).text()).toContain('-32602')
  })
})

describe('records and proofs of a composed server', () => {
  it('records a call once, as that of its connection; a listing with a part for each connection that names it', async () => {
    const gateway = await given({ notes: await startNewer('notes'), files: await startNewer('files') })
    const call = await gateway.rpc('tools/call', { name: 'files__echo', arguments: { say: 'x' } })
    expect(endings(gateway)).toEqual(['files tools/call ok'])
    expect(gateway.closed[0]?.received.decisionId).toBe(call.headers.get('writ-decision-id'))
    expect(gateway.closed[0]?.action?.tool).toBe('echo')
    const listing = await gateway.rpc('tools/list')
    const [whole] = gateway.closed.slice(-1)
    expect(whole?.received.decisionId).toBe(listing.headers.get('writ-decision-id'))
    const parts = gateway.closed.slice(1, -1)
    expect(
      parts.map(({ connection }) => connection?.name ?? '').toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual(['files', 'notes'])
    const decisions = new Set(gateway.closed.map(({ received }) => received.decisionId))
    expect(decisions.size).toBe(gateway.closed.length)
    const { received, current, caller } = whole ?? {}
    for (const part of parts)
      expect(part).toMatchObject({ received: { parent: received?.decisionId }, current, caller })
    await gateway.rpc('ping')
    await gateway.rpc('nothing/known')
    await gateway.rpc('tools/call', { name: 'files', arguments: {} })
    expect(endings(gateway).slice(-3)).toEqual([
      '- ping ok',
      '- - method_unknown',
      '- tools/call name_unknown',
    ])
    expect(gateway.closed.at(-1)?.refusal?.code).toBe('name_unknown')
  })

  it('answers a request whose headers say something else, under its own id', async () => {
    const gateway = await given({ files: await startNewer('files') })
    const fields = { 'mcp-method': 'tools/call', 'mcp-name': 'files__safe' }
    const answer = await gateway.rpc('tools/call', { name: 'files__echo', arguments: { say: 'x' } }, fields)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('"id":1')
    expect(answer.error.code).toBe(-32_020)
    expect((await gateway.rpc('tools/list', {}, { 'mcp-method': 'ping' })).error.code).toBe(-32_020)
  })

  it('takes a proof for this endpoint only, and once', async () => {
    const files = await startNewer('files')
    const gateway = await given({ files })
    const own: Headers[] = []
    const spy: typeof fetch = (url, init) => {
      own.push(new Headers(init?.headers))
      return before(url, init)
    }
    const before = globalThis.fetch
    globalThis.fetch = spy
    await gateway.rpc('tools/list').finally(() => (globalThis.fetch = before))
    const sent = own.find((headers) => headers.has('dpop'))
    const again = (url: string) =>
      fetch(url, {
        method: 'POST',
        headers: sent ?? {},
        body: '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}',
      })
    expect((await again(gateway.url)).status).toBe(401)
    expect((await again(gateway.url.replace('/acme/mcp', '/acme/files/mcp'))).status).toBe(401)
    expect(endings(gateway).slice(-2)).toEqual(['- - proof_replayed', '- - token_invalid'])
    for (const { headers } of files.seen) {
      expect(headers.authorization).toBeUndefined()
      expect(headers['dpop']).toBeUndefined()
    }
  })

  it('counts each part of a listing against the calls of the tenant', async () => {
    const gateway = await given(
      { a: await startNewer('a'), b: await startNewer('b'), c: await startNewer('c') },
      { requestsPerSecond: 3 },
    )
    const { result } = await gateway.rpc('tools/list')
    expect(result._meta).toEqual({
      'writ/unavailable': [{ connection: expect.any(String), reason: 'rate_limited' }],
    })
  })
})
