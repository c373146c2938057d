import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { listenOn } from './listen.ts'
import type { Metrics } from './metrics.ts'

export interface AdminServerSettings {
  /** Loopback unless told otherwise: these pages are for operators, not for agents. */
  readonly host?: string
  /** 0 takes any free port. */
  readonly port: number
  /** Whether this process should get work now. A throw counts as no. */
  readonly isReady: () => boolean | Promise<boolean>
  /** What is not as it should be, though this process still gets work; null or absent: nothing. */
  readonly degradedBy?: () => string | null
  readonly metrics: Metrics
}

export interface AdminServer {
  readonly port: number
  close(): Promise<void>
}

/** `/healthz` (the process runs), `/readyz` (it should get work) and `/metrics` (Prometheus) on a port of their own. */
export async function startAdminServer(settings: AdminServerSettings): Promise<AdminServer> {
  const server = createServer((request, response) => {
    void reply(settings, request).then((answer) => send(response, answer))
  })
  const port = await listenOn(server, { host: settings.host ?? '127.0.0.1', port: settings.port })
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Page {
  readonly status: number
  readonly text: string
  readonly type?: string
}

async function reply(settings: AdminServerSettings, request: IncomingMessage): Promise<Page> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { status: 405, text: 'only GET and HEAD\n' }
  try {
    return await page(settings, request.url?.split('?')[0] ?? '/')
  } catch {
    return { status: 503, text: 'not available\n' }
  }
}

async function page(settings: AdminServerSettings, path: string): Promise<Page> {
  const { metrics } = settings
  switch (path) {
    case '/healthz':
      return { status: 200, text: 'ok\n' }
    case '/readyz':
      return readiness(settings)
    case '/metrics':
      return { status: 200, text: await metrics.exposition(), type: metrics.registry.contentType }
    default:
      return { status: 404, text: 'not found\n' }
  }
}

async function readiness({ isReady, degradedBy = () => null }: AdminServerSettings): Promise<Page> {
  const fault = degradedBy()
  const degraded = fault === null ? '' : `degraded: ${fault}\n`
  return (await isReady())
    ? { status: 200, text: `ready\n${degraded}` }
    : { status: 503, text: `not ready\n${degraded}` }
}

function send(response: ServerResponse, { status, text, type = 'text/plain; charset=utf-8' }: Page): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
}
