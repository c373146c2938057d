import type { FastifyInstance } from 'fastify'
import { ProblemError } from './problem.ts'
import { inPieces } from './in-pieces.ts'
import { readJson } from './read-json.ts'
import { readYaml } from './read-yaml.ts'
import type { RimRequest } from './request.ts'

const TOKEN_ROUTE = '/t/:slug/oauth/token'
/** Where forms are posted: all else takes none, as any site can make a browser post one. */
const FORM_ROUTES: ReadonlySet<string> = new Set([
  TOKEN_ROUTE,
  '/t/:slug/oauth/device_authorization',
  '/t/:slug/oauth/revoke',
  '/t/:slug/oauth/introspect',
  '/t/:slug/oauth/authorize',
  '/t/:slug/oauth/device',
  '/t/:slug/sign-out',
  '/t/:slug/owner-link',
  '/t/:slug/sign-in/:sso/logout',
])
const SCIM_ROUTES = '/t/:slug/scim/v2/'
const POLICY_ROUTES = '/api/v1/policies'
const KIB = 1024
/** Where bodies may have another size than what people send. */
const LIMITS_BYTES: Readonly<Record<string, number>> = {
  // A batch holds up to 200 records of 64 KiB.
  '/internal/v1/batches': 16 * 1024 * KIB,
  // 200 definitions, each with a schema of up to 64 KiB.
  '/internal/v1/catalogues': 16 * 1024 * KIB,
  '/t/:slug/device/v1/batches': 16 * 1024 * KIB,
  '/t/:slug/device/v1/catalogues': 16 * 1024 * KIB,
  '/t/:slug/device/v1/inventory': 4 * 1024 * KIB,
  '/api/v1/tenant/packages': 8 * 1024 * KIB,
  // Anyone may send to these.
  '/t/:slug/device/v1/join': 16 * KIB,
  '/internal/v1/join': 16 * KIB,
  '/t/:slug/enrol': 16 * KIB,
  [TOKEN_ROUTE]: 64 * KIB,
  '/t/:slug/oauth/device_authorization': 64 * KIB,
  '/t/:slug/oauth/revoke': 64 * KIB,
  '/t/:slug/oauth/introspect': 64 * KIB,
  '/t/:slug/oauth/authorize': 64 * KIB,
  '/t/:slug/oauth/device': 4 * KIB,
  '/t/:slug/oauth/rotate': 16 * KIB,
  '/t/:slug/sign-out': 4 * KIB,
  '/t/:slug/owner-link': 4 * KIB,
  '/t/:slug/sign-in/:sso/logout': 16 * KIB,
}

/** Which bodies are read: strict JSON everywhere, a form where forms are posted, SCIM where directories are, YAML where policies are; everything else is 415. Call it before any route is made. */
export function acceptBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers()
  fastify.addHook('preParsing', (_request, _reply, payload, done) => done(null, inPieces(payload)))
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) =>
    settle(done, () => jsonBody(request, body)),
  )
  fastify.addContentTypeParser<Buffer>(
    'application/scim+json',
    { parseAs: 'buffer' },
    (request, body, done) => settle(done, () => scimBody(request, body)),
  )
  fastify.addContentTypeParser<Buffer>('application/yaml', { parseAs: 'buffer' }, (request, body, done) =>
    settle(done, () => yamlBody(request, body)),
  )
  fastify.addContentTypeParser<Buffer>(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (request, body, done) => settle(done, () => formBody(request, body)),
  )
  fastify.addHook('onRoute', (route) => {
    const limit = LIMITS_BYTES[route.url]
    if (limit !== undefined) route.bodyLimit = limit
  })
}

function jsonBody(request: RimRequest, body: Buffer): unknown {
  request.rawBody = body
  request.seal?.(body)
  return body.length === 0 ? undefined : readJson(body)
}

function scimBody(request: RimRequest, body: Buffer): unknown {
  if (!request.routeOptions.url?.startsWith(SCIM_ROUTES)) throw unsupported()
  return jsonBody(request, body)
}

function yamlBody(request: RimRequest, body: Buffer): unknown {
  if (!request.routeOptions.url?.startsWith(POLICY_ROUTES)) throw unsupported()
  request.rawBody = body
  return body.length === 0 ? undefined : readYaml(body)
}

function formBody(request: RimRequest, body: Buffer): URLSearchParams {
  if (!FORM_ROUTES.has(request.routeOptions.url ?? '')) throw unsupported()
  request.rawBody = body
  return new URLSearchParams(body.toString('utf8'))
}

const unsupported = () => new ProblemError({ title: 'Unsupported Media Type', status: 415 })

function settle(done: (error: Error | null, body?: unknown) => void, read: () => unknown): void {
  try {
    done(null, read())
  } catch (error) {
    done(error instanceof Error ? error : new Error('the body could not be read'))
  }
}
