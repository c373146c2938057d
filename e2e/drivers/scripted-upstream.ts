import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { listenOn } from '@writ/runtime'

/** One request as the upstream saw it. */
export type SeenRequest = {
  readonly verb: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** settles when the other side has gone away before the end of the answer */
  readonly left: Promise<void>
}

export type Script = (response: ServerResponse, seen: SeenRequest) => void

/** An upstream on a real socket that answers what a test tells it to. */
export type ScriptedUpstream = {
  readonly url: string
  readonly seen: SeenRequest[]
  /** what the requests from now on are answered with */
  readonly play: (script: Script) => void
  readonly close: () => Promise<void>
}

export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const seen: SeenRequest[] = []
  let script: Script = answerJson(200, { jsonrpc: '2.0', id: 1, result: {} })
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      const left = new Promise<void>((resolve) =>
        response.once('close', () => {
          if (!response.writableFinished) resolve()
        }),
      )
      const one = { verb: request.method ?? '', headers, body: Buffer.concat(chunks).toString(), left }
      seen.push(one)
      script(response, one)
    })
  })
  const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    seen,
    play: (next) => {
      script = next
    },
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** A whole answer; `headers` beside its type. */
export const answerJson =
  (status: number, content: object | string, headers: Readonly<Record<string, string>> = {}): Script =>
  (response) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(text)
  }

/** A stream of exactly these bytes, which stays open unless it is told to end. */
export const answerStream =
  (bytes: readonly string[], { isOpen = false } = {}): Script =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const part of bytes) response.write(part)
    if (!isOpen) response.end()
  }

/** One event with this message. */
export const event = (message: object, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`
