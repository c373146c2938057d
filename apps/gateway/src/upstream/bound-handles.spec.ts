import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { afterEach, describe, expect, it } from '@jest/globals'
import { isRefusal } from '@writ/contracts'
import type { Refusal } from '@writ/contracts'
import type { Allowed, UpstreamAnswer } from '@writ/enforcement'
import { readMessage, rowOf } from '@writ/mcp'
import { callerOf, connectionOf, id, receivedOf } from '@writ/point/fixtures'
import { listenOn } from '@writ/runtime'
import { allowedOf } from '../sample.fixture.ts'
import { bindHandles } from './bound-handles.ts'
import { closeAll, givenWay, opened } from './given-upstreams.fixture.ts'
import { createHandleSeal } from './handle-seal.ts'

const RELATED = 'io.modelcontextprotocol/related-task'
const TASK = { status: 'working', createdAt: '2026-11-21T00:00:00Z', ttlMs: 60_000 }

afterEach(closeAll)

type Seen = { readonly body: string; readonly name: string | undefined }

/** A gateway's way to a real upstream, which answers what it is told to: an object as JSON, several as a stream. */
async function given(...answers: (object | string)[]) {
  const seen: Seen[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.push({ body: Buffer.concat(chunks).toString(), name: request.headers['mcp-name']?.toString() })
      const texts = answers.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
      const isStream = texts.length > 1
      response.setHeader('content-type', isStream ? 'text/event-stream' : 'application/json')
      response.end(isStream ? texts.map((text, at) => `id: ${at}\ndata: ${text}\n\n`).join('') : texts[0])
    })
  })
  const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
  opened.push({ close: () => server.close() })
  const client = bindHandles(givenWay(), createHandleSeal('the join secret that all gateways share'))
  const send = async (message: object | string, who: Who = {}): Promise<string> =>
    saidBy(await client.forward(allowing(message, who, `http://127.0.0.1:${port}/mcp`), { kind: 'none' }))
  return { seen, send }
}

type Who = { readonly agent?: string; readonly human?: string; readonly tenant?: string }

function allowing(sent: object | string, who: Who, url: string): Allowed {
  const text = typeof sent === 'string' ? sent : JSON.stringify(sent)
  const message = readMessage(Buffer.from(text), { maxBytes: 10_000, maxDepth: 20 })
  if (isRefusal(message)) throw new Error(message.detail)
  const row = rowOf(message)
  if (!row) throw new Error('the method has a row')
  const { taskId } = message.params
  const named: [string, string[]][] = typeof taskId === 'string' ? [['mcp-name', [taskId]]] : []
  const asked = allowedOf(
    {
      connection: connectionOf({ url }),
      caller: callerOf({
        tenantId: id('ten', who.tenant ?? '0'),
        agent: { id: id('agt', who.agent ?? '0'), name: 'scribe', groups: [] },
        human: { id: id('hum', who.human ?? '0'), name: 'Ada', groups: [] },
      }),
      received: receivedOf({ headers: new Map([['content-type', ['application/json']], ...named]) }),
    },
    text,
  )
  return { ...asked, message, row }
}

async function saidBy(answer: UpstreamAnswer | Refusal): Promise<string> {
  if (isRefusal(answer)) return answer.code
  if (answer.kind === 'whole') return Buffer.from(answer.body).toString()
  const parts: Uint8Array[] = []
  for await (const { bytes } of answer.events) parts.push(bytes)
  return Buffer.concat(parts).toString()
}

const ask = (method: string, params: object) => ({ jsonrpc: '2.0', id: 1, method, params })
const answering = (requestState: unknown) => ask('tools/call', { name: 'a', arguments: {}, requestState })
const result = (content: object) => ({ jsonrpc: '2.0', id: 1, result: content })
const found = (text: string, name: string): string => new RegExp(`"${name}":"([^"]+)"`).exec(text)?.[1] ?? ''

describe('the state of a request in rounds', () => {
  const asking = result({ resultType: 'input_required', inputRequests: {}, requestState: 'round-1' })
  it('reaches the agent sealed, and the upstream as it was, in bytes that are otherwise the same', async () => {
    const { seen, send } = await given(asking)
    const said = await send(ask('tools/call', { name: 'a' }))
    expect(said).not.toContain('round-1')
    const sealed = found(said, 'requestState')
    await send(
      `{"jsonrpc":"2.0", "id":1,"method":"tools/call","params":{"requestState":"${sealed}", "name":"a","arguments":{"n":1.10}}}`,
    )
    expect(seen[1]?.body).toBe(
      '{"jsonrpc":"2.0", "id":1,"method":"tools/call","params":{"requestState":"round-1", "name":"a","arguments":{"n":1.10}}}',
    )
  })

  it.each<[string, Who]>([
    ['another agent', { agent: '1' }],
    ['an agent of another human', { human: '1' }],
    ['another tenant', { tenant: '1' }],
  ])('is refused from %s, and the upstream hears nothing', async (_, who) => {
    const { seen, send } = await given(asking)
    const sealed = found(await send(ask('tools/call', { name: 'a' })), 'requestState')
    expect(await send(answering(sealed), who)).toBe('state_unknown')
    expect(seen).toHaveLength(1)
  })

  it('is refused where it was never given out', async () => {
    const { seen, send } = await given(asking)
    for (const forged of ['round-1', '', {}, 7, ['round-1']])
      expect(await send(answering(forged))).toBe('state_unknown')
    const hidden =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","request\\u0053tate":"x"}}'
    expect(await send(hidden)).toBe('state_unknown')
    expect(seen).toEqual([])
  })

  it('is sealed in streams too', async () => {
    const { send } = await given(ask('notifications/message', { level: 'info', data: 'x' }), asking)
    const said = await send(ask('tools/call', { name: 'a' }))
    expect(said).not.toContain('round-1')
    expect(said).toMatch(/^id: 0\ndata: .*\n\nid: 1\ndata: .*\n\n$/)
  })
})

describe('a task', () => {
  const begun = result({ resultType: 'task', taskId: 'job-1', ...TASK })

  it('is known by a sealed id, in the body and in the header', async () => {
    const { seen, send } = await given(begun)
    const sealed = found(await send(ask('tools/call', { name: 'a' })), 'taskId')
    expect(sealed).not.toBe('job-1')
    const shown = await send(ask('tasks/get', { taskId: sealed }))
    expect(seen[1]).toEqual({ body: JSON.stringify(ask('tasks/get', { taskId: 'job-1' })), name: 'job-1' })
    expect(found(shown, 'taskId')).toBe(sealed)
  })

  it.each<[string, object]>([
    ['2025-11-25: begun', result({ task: { taskId: 'job-1', ...TASK } })],
    ['2025-11-25: listed', result({ tasks: [{ taskId: 'job-1', ...TASK }] })],
    ['2025-11-25: its result', result({ content: [], _meta: { [RELATED]: { taskId: 'job-1' } } })],
    ['told of', ask('notifications/tasks', { taskId: 'job-1', ...TASK })],
    ['told of before 2026', ask('notifications/tasks/status', { taskId: 'job-1', ...TASK })],
    ['meant by a question', ask('elicitation/create', { _meta: { [RELATED]: { taskId: 'job-1' } } })],
    [
      'listened to',
      ask('notifications/subscriptions/acknowledged', { notifications: { taskIds: ['job-1'] } }),
    ],
  ])('never shows the id of the upstream: %s', async (_, said) => {
    const { send } = await given(said)
    expect(await send(ask('tasks/list', {}))).not.toContain('job-1')
  })

  it('of somebody else is refused, wherever it is named', async () => {
    const { seen, send } = await given(begun)
    const taskId = found(await send(ask('tools/call', { name: 'a' })), 'taskId')
    const tries = [
      ask('tasks/get', { taskId }),
      ask('tasks/cancel', { taskId }),
      ask('subscriptions/listen', { notifications: { taskIds: [taskId] } }),
      ask('tools/call', { name: 'a', _meta: { [RELATED]: { taskId } } }),
      { jsonrpc: '2.0', id: 1, result: { _meta: { [RELATED]: { taskId } } } },
    ]
    for (const attempt of tries) expect(await send(attempt, { agent: '1' })).toBe('task_unknown')
    expect(seen).toHaveLength(1)
  })

  it('that was never given out is one that the upstream cannot know, and it says so itself', async () => {
    const unknown = { jsonrpc: '2.0', id: 1, error: { code: -32_602, message: 'no such task' } }
    const { seen, send } = await given(unknown)
    expect(await send(ask('tasks/get', { taskId: 'job-1' }))).toBe(JSON.stringify(unknown))
    const strange = found(seen[0]?.body ?? '', 'taskId')
    expect([strange, seen[0]?.name]).toEqual([expect.stringMatching(/^unknown\./), strange])
  })

  it('of the agent keeps its id: the upstream asks about it', async () => {
    const asked = ask('tasks/get', { taskId: 'own-1', _meta: { [RELATED]: { taskId: 'own-1' } } })
    const { seen, send } = await given(asked)
    expect(await send(ask('tools/call', { name: 'a' }))).toBe(JSON.stringify(asked))
    const told = {
      jsonrpc: '2.0',
      id: 1,
      result: { taskId: 'own-1', ...TASK, _meta: { [RELATED]: { taskId: 'own-1' } } },
    }
    await send(told)
    expect(seen[1]?.body).toBe(JSON.stringify(told))
  })

  it('is nothing that a tool merely speaks of', async () => {
    const spoken = result({
      content: [],
      structuredContent: { taskId: 'job-1', ...TASK },
      taskId: 'job-1',
      status: 'done',
    })
    const { send } = await given(spoken)
    expect(await send(ask('tools/call', { name: 'a' }))).toBe(JSON.stringify(spoken))
  })

  it('has a header in base64 where its id is no text for one', async () => {
    const { seen, send } = await given(result({ resultType: 'task', taskId: 'größe 1', ...TASK }))
    const taskId = found(await send(ask('tools/call', { name: 'a' })), 'taskId')
    await send(ask('tasks/get', { taskId }))
    expect(seen[1]?.name).toBe(`=?base64?${Buffer.from('größe 1').toString('base64')}?=`)
  })
})

describe('a listing', () => {
  it('is nobody else’s, and otherwise as it came', async () => {
    const said = '{"jsonrpc":"2.0","id":1,"result":{"tools":[ ], "ttlMs":1e3,"cacheScope":"public"}}'
    const { send } = await given(said)
    expect(await send(ask('tools/list', {}))).toBe(said.replace('public', 'private'))
    expect(await send(ask('tools/call', { name: 'a' }))).toBe(said)
  })
})

describe('an answer that holds more than a message may', () => {
  it('is left to whoever judges it, and nobody walks through it', async () => {
    const body = Buffer.from(
      `{"jsonrpc":"2.0","id":1,"result":{"requestState":"a","content":[${'1,'.repeat(200_000)}1]}}`,
    )
    const upstream = { forward: async () => ({ kind: 'whole' as const, status: 200, headers: [], body }) }
    const { forward } = bindHandles(upstream, createHandleSeal('the join secret that all gateways share'))
    const answer = await forward(allowedOf({}, '{}'), { kind: 'none' })
    expect(!isRefusal(answer) && answer.kind === 'whole' && answer.body === body).toBe(true)
  })
})

describe('an answer that is no message', () => {
  it.each(['{"taskId":', 'requestState', '["taskId"]'])('stays as it is: %s', async (said) => {
    const { send } = await given(said)
    expect(await send(ask('tools/call', { name: 'a' }))).toBe(said)
  })
})
