import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { McpServer as OlderServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpHandler, inputRequired, McpServer } from '@modelcontextprotocol/server'
import { listenOn } from '@writ/runtime'
import { z } from 'zod'

/** A real server of one of the official SDKs, and what it was sent. */
export type RealServer = {
  readonly url: string
  readonly seen: {
    readonly verb: string
    readonly headers: IncomingMessage['headers']
    readonly body: string
  }[]
  readonly close: () => Promise<void>
}

const text = (words: string) => ({ content: [{ type: 'text' as const, text: words }] })

/** Of the 2025 era alone, with sessions (SDK 1.x): tools that ask back, prompts, resources, logging, its own stream. */
export async function startOlder(name: string, tools: readonly string[] = []): Promise<RealServer> {
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  const begin = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => `${name}-${randomUUID()}`,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    })
    await olderServer(name, tools).connect(transport)
    return transport
  }
  return serve(async (request, response, body) => {
    const id = request.headers['mcp-session-id']
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    if (typeof id === 'string' && known === undefined) {
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}')
      return
    }
    const transport = known ?? (await begin())
    await transport.handleRequest(request, response, body === '' ? undefined : JSON.parse(body))
  })
}

function olderServer(name: string, tools: readonly string[]): OlderServer {
  const server = new OlderServer(
    { name, version: '1.0.0' },
    { capabilities: { logging: {} }, instructions: `Use ${name} well.` },
  )
  server.registerTool(
    'echo',
    { description: `Echoes in ${name}`, inputSchema: { say: z.string() } },
    ({ say }) => text(`${name} says ${say}`),
  )
  server.registerTool('ask', { description: 'Asks the model of the client' }, async ({ sendRequest }) => {
    const answer = await sendRequest(
      {
        method: 'sampling/createMessage',
        params: {
          messages: [{ role: 'user', content: { type: 'text', text: `for ${name}` } }],
          maxTokens: 9,
        },
      },
      z.looseObject({ content: z.looseObject({ text: z.string() }) }),
    )
    return text(`${name} heard ${answer.content.text}`)
  })
  server.registerTool(
    'steps',
    { description: 'Goes step by step' },
    async ({ sendNotification, _meta, signal }) => {
      const token = _meta?.progressToken ?? 'none'
      for (let progress = 1; progress <= 3; progress += 1)
        await sendNotification({
          method: 'notifications/progress',
          params: { progressToken: token, progress, total: 3 },
        })
      return text(signal.aborted ? 'cancelled' : 'done')
    },
  )
  addWorking(server, name)
  addResources(server, name)
  for (const tool of tools)
    server.registerTool(tool, { description: `Does ${tool}` }, () => text(`${name} did ${tool}`))
  return server
}

function addWorking(server: OlderServer, name: string): void {
  server.registerTool(
    'wait',
    { description: 'Waits until it is cancelled' },
    ({ signal }) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          cancelled.push(name)
          resolve(text('cancelled'))
        }),
      ),
  )
  server.registerTool('link', { description: 'Links to a resource' }, () => ({
    content: [{ type: 'resource_link', uri: 'note://one', name: 'one' }],
  }))
  server.registerTool('change', { description: 'Gets a tool more' }, () => {
    server.registerTool(`late-${randomUUID().slice(0, 8)}`, { description: 'Came later' }, () => text('late'))
    return text('changed')
  })
}

function addResources(server: OlderServer, name: string): void {
  server.registerPrompt('greet', { argsSchema: { whom: z.string() } }, ({ whom }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `${name} greets ${whom}` } }],
  }))
  server.registerResource('one', 'note://one', {}, (uri) => ({
    contents: [{ uri: uri.href, text: `a note of ${name}` }],
  }))
  server.registerResource(
    'any',
    new ResourceTemplate('note://{id}/part', { list: undefined }),
    {},
    (uri) => ({ contents: [{ uri: uri.href, text: `a part of ${name}` }] }),
  )
}

/** Servers whose `wait` was cancelled. */
export const cancelled: string[] = []

/** Of both eras, without sessions (SDK 2.x). */
export async function startNewer(name: string, tools: readonly string[] = []): Promise<RealServer> {
  const handle = toNodeHandler(createMcpHandler(() => newerServer(name, tools)))
  return serve(async (request, response, body) => {
    await handle(withMethod(request), response, body === '' ? undefined : JSON.parse(body))
  })
}

function newerServer(name: string, tools: readonly string[]): McpServer {
  const server = new McpServer({ name, version: '2.0.0' }, { instructions: `Use ${name} well.` })
  server.registerTool(
    'echo',
    { description: `Echoes in ${name}`, inputSchema: z.object({ say: z.string() }) },
    ({ say }) => text(`${name} says ${say}`),
  )
  server.registerTool('rounds', { description: 'Asks in rounds' }, (context) => {
    const state = context.mcpReq.requestState()
    if (state === undefined)
      return inputRequired({
        requestState: `state of ${name}`,
        inputRequests: {
          who: inputRequired.elicit({
            message: 'Who?',
            requestedSchema: { type: 'object', properties: { who: { type: 'string' } } },
          }),
        },
      })
    return text(`${name} got ${typeof state === 'string' ? state : 'another state'}`)
  })
  for (const tool of tools)
    server.registerTool(tool, { description: `Does ${tool}` }, () => text(`${name} did ${tool}`))
  server.registerPrompt('greet', { argsSchema: z.object({ whom: z.string() }) }, ({ whom }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `${name} greets ${whom}` } }],
  }))
  server.registerResource('one', 'note://one', {}, (uri) => ({
    contents: [{ uri: uri.href, text: `a note of ${name}` }],
  }))
  return server
}

/** A server of our own, for what no SDK says: the result of each message, and what it answers to GET. */
export function startPlain(
  resultOf: (message: {
    readonly method: string
    readonly params: Readonly<Record<string, string>>
  }) => object,
  events = '',
): Promise<RealServer> {
  return serve(async (request, response, body) => {
    if (request.method === 'GET') {
      response.writeHead(events === '' ? 405 : 200, { 'content-type': 'text/event-stream' }).end(events)
      return
    }
    const { id, method, params = {} } = Sent.parse(JSON.parse(body))
    response.writeHead(200, {
      'content-type': 'application/json',
      ...(method === 'initialize' ? { 'mcp-session-id': 'session-of-plain' } : {}),
    })
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: resultOf({ method, params }) }))
  })
}

const Sent = z.object({
  id: z.unknown(),
  method: z.string(),
  params: z.record(z.string(), z.any()).optional(),
})

type Handle = (request: IncomingMessage, response: ServerResponse, body: string) => Promise<void>

async function serve(handle: Handle): Promise<RealServer> {
  const seen: RealServer['seen'] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      seen.push({ verb: request.method ?? '', headers: request.headers, body })
      handle(request, response, body).catch(() => response.destroy())
    })
  })
  const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
  return { url: `http://127.0.0.1:${port}/mcp`, seen, close: () => closed(server) }
}

export const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

function withMethod(request: IncomingMessage): IncomingMessage & { method: string; url: string } {
  return Object.assign(request, { method: request.method ?? 'POST', url: request.url ?? '/' })
}
