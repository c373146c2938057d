import type { FastifyInstance } from 'fastify'
import { ProblemError } from './problem.ts'
import { readJson } from './read-json.ts'
import type { RimRequest } from './request.ts'

const TOKEN_ROUTE = '/t/:slug/oauth/token'
/** A batch holds up to 200 records of 64 KiB, so it may be larger than what people send. */
const BATCHES_ROUTE = '/internal/v1/batches'
const BATCH_LIMIT_BYTES = 16 * 1024 * 1024

/** Which bodies are read: strict JSON everywhere, a form at the token endpoint; everything else is 415. Call it before any route is made. */
export function acceptBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) =>
    settle(done, () => jsonBody(request, body)),
  )
  fastify.addContentTypeParser<Buffer>(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (request, body, done) => settle(done, () => formBody(request, body)),
  )
  fastify.addHook('onRoute', (route) => {
    if (route.url === BATCHES_ROUTE) route.bodyLimit = BATCH_LIMIT_BYTES
  })
}

function jsonBody(request: RimRequest, body: Buffer): unknown {
  request.rawBody = body
  return body.length === 0 ? undefined : readJson(body)
}

function formBody(request: RimRequest, body: Buffer): URLSearchParams {
  if (request.routeOptions.url !== TOKEN_ROUTE)
    throw new ProblemError({ title: 'Unsupported Media Type', status: 415 })
  request.rawBody = body
  return new URLSearchParams(body.toString('utf8'))
}

function settle(done: (error: Error | null, body?: unknown) => void, read: () => unknown): void {
  try {
    done(null, read())
  } catch (error) {
    done(error instanceof Error ? error : new Error('the body could not be read'))
  }
}
