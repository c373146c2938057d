import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { withoutRetry } from './events.ts'
import { closeAll, given, hostile, json, tool } from './hostile-upstream.suite.ts'
import type { Answering, Message } from './hostile-upstream.suite.ts'

afterEach(closeAll)

const listed = (response: ServerResponse, id: Message['id'], tools: readonly object[], nextCursor?: string) =>
  json(response, { jsonrpc: '2.0', id, result: { tools, nextCursor } })

const resources = (response: ServerResponse, id: Message['id'], name: string) =>
  json(response, { jsonrpc: '2.0', id, result: { resources: [{ uri: 'file:///a', name }] } })

/** One stream that says this after a while, and ends. */
const streamed = (text: string, afterMs: number) =>
  hostile((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    setTimeout(() => response.end(text), afterMs)
  })

const searched = (query: string) => ({ name: 'search_tools', arguments: { query } })

describe('a server of one connection', () => {
  it('that speaks of its request elsewhere changes nothing there, and leaves one record', async () => {
    const url = await hostile(({ id }, response) =>
      json(response, {
        jsonrpc: '2.0',
        id,
        result: { content: [], structuredContent: { [String(id)]: 1, said: id } },
      }),
    )
    const gateway = await given({ files: url })
    const { text } = await gateway.rpc('tools/call', { name: 'files__x', arguments: {} })
    const message = JSON.parse(text)
    expect(message.id).toBe(1)
    expect(Object.keys(message.result.structuredContent)).toHaveLength(2)
    expect(message.result.structuredContent.said).not.toBe(1)
    expect(gateway.bugs).toEqual([])
    expect(gateway.closed).toHaveLength(1)
  })

  it.each([
    ['a result', 200],
    ['an error', 400],
  ])('has the id of its request put back in %s, whatever the agent calls it', async (_, status) => {
    const url = await hostile(({ id }, response) => {
      const said = status === 200 ? { result: { content: [] } } : { error: { code: -1, message: String(id) } }
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ jsonrpc: '2.0', id, ...said }))
    })
    const gateway = await given({ files: url })
    for (const id of ['$&', "$'", '$`', '"', 7]) {
      const response = await gateway.fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id,
          method: 'tools/call',
          params: { name: 'files__x', arguments: {} },
        }),
      })
      const message = JSON.parse(await response.text())
      expect(message.id).toBe(id)
      if (status === 400) expect(message.error.message).not.toBe(String(id))
    }
    expect(gateway.bugs).toEqual([])
  })

  it.each(['no JSON', `{"id":${'['.repeat(100_000)}${']'.repeat(100_000)}}`])(
    'that says an error in other words leaves one record: %#',
    async (words) => {
      const url = await hostile((_, response) => {
        response.writeHead(400, { 'content-type': 'application/json' })
        response.end(words)
      })
      const gateway = await given({ files: url })
      await gateway.rpc('tools/call', { name: 'files__x', arguments: {} })
      expect(gateway.bugs).toEqual([])
      expect(gateway.closed).toHaveLength(1)
    },
  )

  it('takes the room of no other, in a listing of tools', async () => {
    const evil = await hostile(({ id }, response) => listed(response, id, [tool('t', 'x'.repeat(7_700_000))]))
    const bank = await hostile(({ id }, response) =>
      setTimeout(() => listed(response, id, [tool('pay', 'y'.repeat(800_000))]), 300),
    )
    const gateway = await given({ evil, bank }, { settings: { patienceMs: 5000 } })
    const { result } = await gateway.rpc('tools/list')
    expect(result.tools.map(({ name }) => name)).toEqual(['bank__pay'])
    expect(result._meta).toEqual({
      'writ/unavailable': [{ connection: 'evil', reason: 'upstream_too_large' }],
    })
  })

  it.each([
    ['a result', 200],
    ['an error', 500],
  ])('takes the room of no other, by %s', async (_, status) => {
    const evil = await hostile(({ id }, response) => {
      const large = 'x'.repeat(7_700_000)
      if (status === 200) resources(response, id, large)
      else
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: 1, message: large } }))
    })
    const bank = await hostile(({ id }, response) =>
      setTimeout(() => resources(response, id, 'y'.repeat(800_000)), 300),
    )
    const gateway = await given({ evil, bank }, { settings: { patienceMs: 5000 } })
    const { text, result } = await gateway.rpc('resources/list')
    expect(text).toContain('writ+bank:file:///a')
    expect(result._meta).toEqual({
      'writ/unavailable': [{ connection: 'evil', reason: 'upstream_too_large' }],
    })
  })

  it('that lists without end ends no other, and is named', async () => {
    let pages = 0
    const evil = await hostile(({ id, params }, response) => {
      pages += 1
      const page = Number(params?.cursor ?? 0) + 1
      const tools = Array.from({ length: 1900 }, (_, at) => tool(`t${page}_${at}`, 'x'))
      listed(response, id, tools, String(page))
    })
    const bank = await hostile(inPages(5))
    const gateway = await given({ evil, bank }, { settings: { patienceMs: 8000 } })
    const { text, result } = await gateway.rpc('tools/call', searched('transfer'))
    expect(text).toContain('bank__transfer')
    expect(result._meta).toEqual({ 'writ/unavailable': [{ connection: 'evil', reason: 'too_many_tools' }] })
    expect(pages).toBe(2)
  })

  it('that fills pages takes the room of no other, and what it said first is found', async () => {
    const evil = await hostile(({ id, params }, response) => {
      const page = Number(params?.cursor ?? 0) + 1
      const large = 'x'.repeat(300_000)
      listed(
        response,
        id,
        Array.from({ length: 10 }, (_, at) => tool(`t${page}_${at}`, large)),
        String(page),
      )
    })
    const bank = await hostile(inPages(5))
    const gateway = await given({ evil, bank }, { settings: { patienceMs: 8000 } })
    const { text, result } = await gateway.rpc('tools/call', searched('transfer t1_0'))
    expect(text).toContain('bank__transfer')
    expect(text).toContain('evil__t1_0')
    expect(result._meta).toEqual({
      'writ/unavailable': [{ connection: 'evil', reason: 'upstream_too_large' }],
    })
  })

  it('that never answers costs the others no page', async () => {
    const silent = await hostile(() => undefined)
    const bank = await hostile(inPages(5))
    const gateway = await given({ silent, bank }, { settings: { patienceMs: 1000 } })
    const { result } = await gateway.rpc('tools/list')
    expect(result.tools.map(({ name }) => name)).toContain('bank__transfer')
    expect(JSON.stringify(result._meta)).toContain('"connection":"silent"')
    expect(JSON.stringify(result._meta)).not.toContain('"connection":"bank"')
  })

  it('is told of a cancelled listing under the id that it has there', async () => {
    const told: Message[] = []
    const url = await hostile((message, response) => {
      told.push(message)
      if (message.method === 'tools/list') listed(response, message.id, [])
      else response.writeHead(202).end()
    })
    const gateway = await given({ files: url })
    await gateway.rpc('tools/list')
    await gateway.fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }),
    })
    const ids = told.filter(({ method }) => method === 'notifications/cancelled')
    expect(ids.map(({ params }) => params?.requestId)).toContain(told[0]?.id)
  })

  it('does not say when the agent comes back to all of them', async () => {
    const url = await hostile((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(
        'id: 1\nretry: 999999999\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n',
      )
    })
    const gateway = await given({ files: url })
    const response = await gateway.fetch(gateway.url, { headers: { accept: 'text/event-stream' } })
    const text = await response.text()
    expect(text).not.toContain('retry')
    expect(text).toContain('id: files:1\ndata: {"jsonrpc"')
  })

  it.each(['event: endpoint\n', 'event: endpoint\rretry: 5\n\n', ': a comment', 'id: 7\r\n', 'data:'])(
    'cannot begin an event that goes on in what another server says: %j',
    async (begun) => {
      const news = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'
      const gateway = await given({
        evil: await streamed(begun, 0),
        good: await streamed(`data: ${news}\n\n`, 300),
      })
      const response = await gateway.fetch(gateway.url, { headers: { accept: 'text/event-stream' } })
      const lines = (await response.text()).replaceAll(/\r\n?/g, '\n')
      expect(lines.split(/\n{2,}/)).toContain(`data: ${news}`)
    },
  )

  it.each([
    ['retry: 5\r\ndata: x\r\n\r\n', 'data: x\r\n\r\n'],
    ['data: x\rretry:5\r\r', 'data: x\r\r'],
    ['data: x\nretry: 5', 'data: x\n'],
    ['data: retry: 5\n\n', 'data: retry: 5\n\n'],
  ])('loses lines of that kind alone: %j', (piece, left) => {
    expect(Buffer.from(withoutRetry(Buffer.from(piece))).toString()).toBe(left)
  })

  it('does not spoil the handshake by where its instructions are cut', async () => {
    const url = await hostile(({ id }, response) =>
      json(response, {
        jsonrpc: '2.0',
        id,
        result: {
          protocolVersion: '2025-11-25',
          capabilities: {},
          instructions: `${'x'.repeat(4095)}\u{1F600}`,
        },
      }),
    )
    const gateway = await given({ files: url })
    const { text } = await gateway.rpc('initialize')
    expect(text).toContain('xxx')
    expect(text).not.toMatch(/\\ud83d/i)
  })

  it('fills no memory behind an agent that does not read, and the record says why its stream ended', async () => {
    const line = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(500_000) } })}\n\n`
    const url = await hostile((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const more = () => {
        while (!response.destroyed && response.write(line));
      }
      response.on('drain', more)
      more()
    })
    const gateway = await given({ files: url }, { slowReaderMs: 200 })
    const response = await gateway.fetch(gateway.url, { headers: { accept: 'text/event-stream' } })
    const merged = () => gateway.closed.find(({ received }) => received.parent === undefined)
    for (let tries = 0; tries < 100 && merged() === undefined; tries += 1) await pause(50)
    expect(merged()?.refusal?.code).toBe('reader_too_slow')
    await response.body?.cancel().catch(() => undefined)
  })
})

/** So many pages, with the tool that matters on the last. */
const inPages =
  (pages: number): Answering =>
  ({ id, params }, response) => {
    const page = Number(params?.cursor ?? 0) + 1
    if (page < pages) listed(response, id, [tool(`a${page}`, 'x')], String(page))
    else listed(response, id, [tool('transfer', 'moves money')])
  }
