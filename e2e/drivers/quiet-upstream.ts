import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { listenOn } from '@writ/runtime'

/** An upstream that opens a stream for every call, says one thing on it, and nothing more. */
export type QuietUpstream = {
  readonly url: string
  /** streams that are open now */
  readonly open: () => number
  readonly close: () => Promise<void>
}

const FIRST = {
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: 1, progress: 0.1 },
}

export async function startQuietUpstream(): Promise<QuietUpstream> {
  const open = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    request.resume()
    open.add(response)
    response.once('close', () => open.delete(response))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`data: ${JSON.stringify(FIRST)}\n\n`)
  })
  const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    open: () => open.size,
    close: async () => {
      for (const response of open) response.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}
