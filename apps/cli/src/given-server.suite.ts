import { once } from 'node:events'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { listenOn } from '@writ/runtime'

/** A request as a server saw it. */
export type Seen = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type GivenServer = {
  readonly origin: string
  readonly seen: readonly Seen[]
  readonly stop: () => Promise<void>
}

/** A small real server on loopback that notes what it saw and answers as told. */
export async function givenServer(
  answer: (seen: Seen, response: ServerResponse) => void | Promise<void>,
): Promise<GivenServer> {
  const seen: Seen[] = []
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, path: url, headers, body: Buffer.concat(chunks).toString() }
      seen.push(one)
      void answer(one, response)
    })
  }
  const server = createServer(listener)
  const port = await listening(server)
  return { origin: `http://127.0.0.1:${port}`, seen, stop: () => stopped(server) }
}

export const listening = (server: Server): Promise<number> => listenOn(server, { host: '127.0.0.1', port: 0 })

export async function stopped(server: Server): Promise<void> {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}

export const json = (response: ServerResponse, status: number, value: object): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))

/** A port of loopback that nobody listens on any more. */
export async function closedOrigin(): Promise<string> {
  const server = await givenServer(() => undefined)
  await server.stop()
  return server.origin
}

/** Waits for something to become true. @throws when it does not within two seconds */
export async function until(isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 2_000
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error('it did not happen within two seconds')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
