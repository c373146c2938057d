import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { listenOn } from '@writ/runtime'
import type { Given, GivenGateway } from './given-composition.fixture.ts'
import { givenGateway } from './given-composition.fixture.ts'

export type Message = {
  readonly id?: number | string
  readonly method?: string
  readonly params?: { readonly cursor?: string; readonly requestId?: number | string }
}
export type Answering = (message: Message, response: ServerResponse) => void

const open: (() => Promise<unknown>)[] = []

/** To be called after each test, by every spec file itself: one process runs several, and loads this file once. */
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).toReversed()) await close()
}

/** An upstream that says what it likes. */
export async function hostile(answer: Answering): Promise<string> {
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const message: Message =
        text === '' ? { method: `http/${request.method?.toLowerCase()}` } : JSON.parse(text)
      answer(message, response)
    })
  })
  const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
  open.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${port}/mcp`
}

/** A gateway before these upstreams, gone after the test. */
export async function given(upstreams: Given['upstreams'], more: Partial<Given> = {}): Promise<GivenGateway> {
  const gateway = await givenGateway({ upstreams, ...more })
  open.push(gateway.close)
  return gateway
}

export const json = (response: ServerResponse, message: object) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message))

export const tool = (name: string, description: string) => ({
  name,
  description,
  inputSchema: { type: 'object' },
})
