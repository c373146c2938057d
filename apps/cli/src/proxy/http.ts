import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { AuthorityError } from '@writ/identity'
import { announceReady, listenOn, onShutdown } from '@writ/runtime'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'
import type { Upstream } from './upstream.ts'

const MAX_BODY_BYTES = 4 * 1024 * 1024
/** Fields that belong to one hop, or that the proxy itself sets. */
const OWN_FIELDS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'authorization',
  'dpop',
  'cookie',
  'origin',
  'accept-encoding',
])
/** Fields that concern the proxy and the gateway, not the client. */
const HIDDEN_FIELDS = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'content-encoding',
  'www-authenticate',
  'dpop-nonce',
])

/** Serves MCP over HTTP on loopback, at any path, until the process is told to stop. */
export async function serveHttp(upstream: Upstream, port: number, terminal: Terminal): Promise<void> {
  const server = createServer((request, response) => {
    relay(request, response, upstream).catch((error: unknown) => explain(response, error))
  })
  const bound = await listenOn(server, { host: '127.0.0.1', port })
  const url = `http://127.0.0.1:${bound}/mcp`
  show(
    terminal,
    { url, gateway: upstream.url },
    `Signing for ${upstream.url}\nPoint your MCP client at ${url}`,
  )
  announceReady({ port: bound })
  await new Promise<void>((resolve) => {
    onShutdown(() => {
      server.close()
      server.closeAllConnections()
      resolve()
    })
  })
}

async function relay(request: IncomingMessage, response: ServerResponse, upstream: Upstream): Promise<void> {
  if (!isLocal(request)) return fail(response, 403, 'only local programs may use this proxy')
  const body = await bodyOf(request)
  if (body === null) return fail(response, 413, 'the message is larger than the limit')
  const hangUp = new AbortController()
  response.once('close', () => hangUp.abort())
  const answer = await upstream.send(upstream.url, {
    method: request.method ?? 'POST',
    headers: forwarded(request),
    ...(body.length > 0 ? { body } : {}),
    signal: hangUp.signal,
  })
  response.writeHead(answer.status, visible(answer.headers))
  if (answer.body === null) return void response.end()
  await pipeline(chunksOf(answer.body), response).catch(() => response.destroy())
}

/** The DOM's type of a body knows no iteration; the one that Node gives does. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** DNS rebinding: a browser page must not reach the agent's tools through a name that resolves to loopback. */
function isLocal({ headers }: IncomingMessage): boolean {
  const origin = headers.origin
  return (
    isLoopback(headers.host ?? '') && (origin === undefined || isLoopback(origin.replace(/^https?:\/\//, '')))
  )
}

const isLoopback = (host: string): boolean => /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host)

async function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function forwarded({ headers }: IncomingMessage): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !OWN_FIELDS.has(name))
  return Object.fromEntries(
    kept.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
}

const visible = (headers: Headers): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => !HIDDEN_FIELDS.has(name)))

function explain(response: ServerResponse, error: unknown): void {
  if (error instanceof AuthorityError) return fail(response, 401, `no access token: ${error.message}`)
  return fail(response, 502, 'the gateway does not answer')
}

function fail(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -31199, message } }))
}
