import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import { urlOf } from '@writ/contracts'
import type { Witness, WitnessAnswer } from './witness.ts'

/** A checkpoint with 64 signatures and the longest proof is shorter. */
const MAX_BODY_BYTES = 512 * 1024
const REQUEST_MS = 10_000
const BASE = 'http://witness'
const NOWHERE = { pathname: '' }

/** A witness over HTTP. @param failed told of what went wrong inside; the answer says nothing of it */
export function createWitnessServer(witness: Witness, failed: (error: unknown) => void): Server {
  const server = createServer((request, response) => {
    void answerTo(witness, request)
      .catch((error: unknown) => {
        // Whoever goes away in the middle of a request is no fault, and must not fill a log.
        if (request.complete) failed(error)
        return EMPTY(500)
      })
      .then(({ status, type, text }) =>
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text),
      )
  })
  server.requestTimeout = REQUEST_MS
  server.headersTimeout = REQUEST_MS
  server.maxConnections = 256
  return server
}

const EMPTY = (status: number): WitnessAnswer => ({ status, type: 'text/plain; charset=utf-8', text: '' })

async function answerTo(witness: Witness, request: IncomingMessage): Promise<WitnessAnswer> {
  const { pathname } = urlOf(request.url ?? '/', BASE) ?? NOWHERE
  const [, name] = /^\/logs\/([^/]+)\/checkpoint$/.exec(pathname) ?? []
  if (name !== undefined) return request.method === 'GET' ? witness.newest(name) : EMPTY(405)
  if (pathname !== '/add-checkpoint') return EMPTY(404)
  if (request.method !== 'POST') return EMPTY(405)
  const body = await bodyOf(request)
  return body === null ? EMPTY(413) : witness.add(body)
}

/** Null for one that is too long; text that is no UTF-8 is read so that no signature over it holds. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of request) {
    const bytes = Buffer.from(piece)
    sizeBytes += bytes.length
    if (sizeBytes > MAX_BODY_BYTES) return null
    pieces.push(bytes)
  }
  return Buffer.concat(pieces).toString('utf8')
}
