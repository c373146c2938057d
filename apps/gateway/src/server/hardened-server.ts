import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

export type HardeningLimits = {
  readonly sockets: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
}

/** Takes HTTP/1.1 as it is written down, within these limits. Who waits for a `100 Continue` is heard like any other. */
export function hardenedServer(
  limits: HardeningLimits,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = createServer({
    noDelay: true,
    insecureHTTPParser: false,
    requireHostHeader: true,
    maxHeaderSize: 16 * 1024,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutMs),
    keepAliveTimeout: 75_000,
  })
  // Node would drop fields beyond a count without a word; ours are counted in `readHeaders`.
  server.maxHeadersCount = 0
  server.maxConnections = limits.sockets
  server.on('request', onRequest)
  server.on('checkContinue', onRequest)
  server.on('clientError', refuseSocket)
  return server
}

/** Of a request that does not arrive in time. */
export const refuseLate = (socket: Duplex): void => refuseSocket({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }, socket)

/** What is no whole HTTP request gets a status line and nothing else. */
function refuseSocket(error: { readonly code?: string }, socket: Duplex): void {
  const isGone = error.code === 'ECONNRESET' || !socket.writable
  if (isGone) return void socket.destroy()
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref()
  socket.end(
    `HTTP/1.1 ${STATUS_LINES[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  )
}

/** A client that does not close its end is not waited for. */
const FAREWELL_MS = 500

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** Lets requests under way end for `graceMs`, then cuts them. */
export function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}
