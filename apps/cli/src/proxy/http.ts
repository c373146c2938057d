import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isRefusal, Refusal, REFUSALS } from '@writ/contracts'
import { errorAnswer } from '@writ/mcp'
import { announceReady, listenOn, onShutdown } from '@writ/runtime'
import { Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'
import { bodyOf } from './body.ts'
import { answeredFields, forwardedFields, isLocal } from './http-fields.ts'
import type { Upstream } from './upstream.ts'
import { refusalOf } from './upstream.ts'

const HOST = '127.0.0.1'
const PATH = '/mcp'

/** Serves MCP over HTTP on loopback until the process is told to stop. @throws Failure when the port is taken */
export async function serveHttp(upstream: Upstream, port: number, terminal: Terminal): Promise<void> {
  const server = createProxy((path) => (path === PATH ? upstream : null))
  const bound = await listenOn(server, { host: HOST, port }).catch(() => {
    throw new Failure(`cannot listen on port ${port}`, 'Choose another with --listen, or 0 for any free one.')
  })
  const url = `http://${HOST}:${bound}${PATH}`
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

/**
 * The proxy's server, not yet listening: each request goes to the gateway signed, each answer comes back as it is.
 * @param upstreamAt what is behind a path; null: nothing
 */
export function createProxy(upstreamAt: (path: string) => Upstream | null): Server {
  return createServer((request, response) => {
    serve(request, response, upstreamAt).catch((error: unknown) => refuse(response, refusalOf(error)))
  })
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  upstreamAt: (path: string) => Upstream | null,
): Promise<void> {
  const upstream = upstreamIn(request, upstreamAt)
  if (isRefusal(upstream)) return refuseUnread(request, response, upstream)
  const body = await bodyIn(request)
  if (isRefusal(body)) return refuseUnread(request, response, body)
  const hangUp = new AbortController()
  response.once('close', () => hangUp.abort())
  const answer = await upstream.send(upstream.url, {
    method: request.method ?? 'POST',
    headers: forwardedFields(request.headers),
    ...(body.length > 0 ? { body } : {}),
    signal: hangUp.signal,
  })
  response.writeHead(answer.status, answeredFields(answer.headers))
  if (answer.body === null) return void response.end()
  // A stream may be silent for long: the client must know at once that it is open.
  response.flushHeaders()
  await pipeline(Readable.fromWeb(answer.body), response).catch(() => response.destroy())
}

function upstreamIn(
  { headers, method = '', url = '' }: IncomingMessage,
  upstreamAt: (path: string) => Upstream | null,
): Upstream | Refusal {
  if (!isLocal(headers))
    return new Refusal('origin_forbidden', 'only programs of this machine may use this proxy')
  const upstream = upstreamAt(url.split('?')[0] ?? '')
  if (upstream === null) return new Refusal('connection_unknown', 'there is nothing at this path')
  if (!['POST', 'GET', 'DELETE'].includes(method)) return new Refusal('method_not_allowed')
  return upstream
}

async function bodyIn(request: IncomingMessage): Promise<Uint8Array | Refusal> {
  const body = await bodyOf(request)
  const isUnasked = !isRefusal(body) && body.length > 0 && request.method !== 'POST'
  return isUnasked ? new Refusal('message_malformed', 'only POST carries a body') : body
}

/** Unread bytes would make the kernel reset the connection, and the answer would be lost with it. */
function refuseUnread(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  request.resume()
  refuse(response, refusal)
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(REFUSALS[refusal.code].http, {
    'content-type': 'application/json',
    connection: 'close',
    ...(refusal.code === 'method_not_allowed' ? { allow: 'POST, GET, DELETE' } : {}),
  })
  response.end(errorAnswer(null, refusal))
}
