import type { ApiDescription, ApiOperation, Json, JsonObject } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Allowed, UpstreamAnswer } from '@writ/enforcement'
import type { Message } from '@writ/mcp'
import { eraOf, readMessage } from '@writ/mcp'
import type { ApiRequest } from './request.ts'
import { requestOf } from './request.ts'
import type { ApiAnswer } from './result.ts'
import { resultOf } from './result.ts'

/** Sends one request to the API of this connection, with its credential. */
export type SendToApi = (request: ApiRequest) => Promise<ApiAnswer | Refusal>

/**
 * Answers an allowed message in place of an MCP server, by an HTTP API. It stands where every upstream stands: what it gets was decided
 * on and recorded, and what it answers is judged. It holds no session, so both eras of the protocol are served alike.
 */
export async function forwardToApi(
  allowed: Allowed,
  api: ApiDescription,
  send: SendToApi,
): Promise<UpstreamAnswer | Refusal> {
  if (allowed.received.verb !== 'POST') return bare(405, [['allow', 'POST']])
  const { outgoing } = allowed
  // A rule may have rewritten the call since it was read; how large and deep one may be was asked then, and not every gateway says the same.
  const message = readMessage(outgoing, { maxBytes: outgoing.length, maxDepth: Infinity })
  if (isRefusal(message)) return message
  if (message.kind !== 'request') return bare(202)
  if (message.method === 'tools/call') return called(message, api, send)
  const answer = ANSWERS.get(message.method ?? '')
  return answer === undefined ? unknown(message) : answered(message, answer(api, message))
}

const unknown = (message: Message): UpstreamAnswer =>
  failed(message, { code: -32_601, message: 'Method not found' }, eraOf(message) === '2026' ? 404 : 200)

async function called(
  message: Message,
  api: ApiDescription,
  send: SendToApi,
): Promise<UpstreamAnswer | Refusal> {
  const invalid = (why: string) => failed(message, { code: -32_602, message: `Invalid params: ${why}` })
  const operation = api.operations.find(({ tool }) => tool === message.params['name'])
  if (operation === undefined) return invalid('there is no such tool')
  // What policy saw would not be what is written again.
  if (message.inexact) return invalid('a number in the arguments would change on its way: write it as a text')
  const request = requestOf(operation, argumentsOf(message))
  if (typeof request === 'string') return invalid(request)
  const answer = await send(request)
  return isRefusal(answer) ? answer : answered(message, resultOf(answer))
}

function argumentsOf({ params }: Message): JsonObject {
  const given = params['arguments']
  return isObject(given) ? given : {}
}

/** What is known without asking the API. */
type Answers = (api: ApiDescription, message: Message) => JsonObject

const ANSWERS: ReadonlyMap<string, Answers> = new Map<string, Answers>([
  ['initialize', initialized],
  ['server/discover', () => ({ supportedVersions: [FIRST_OF_2026], capabilities: { tools: {} }, ...CACHED })],
  ['ping', () => ({})],
  ['tools/list', (api) => ({ tools: api.operations.map(toolOf), ...CACHED })],
])

function initialized(api: ApiDescription, { params }: Message): JsonObject {
  const asked = VERSIONS.find((version) => version === params['protocolVersion'])
  return {
    protocolVersion: asked ?? VERSIONS[0],
    capabilities: { tools: {} },
    serverInfo: { name: api.title, version: api.version },
  }
}

const FIRST_OF_2026 = '2026-07-28'
/** Of the era with sessions, newest first. */
const VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26'] as const
/** It changes with the bundle, and what a caller sees of it is its own. */
const CACHED = { ttlMs: 60_000, cacheScope: 'private' } as const

const toolOf = ({ tool, description, inputSchema, method }: ApiOperation): JsonObject => ({
  name: tool,
  description,
  inputSchema,
  annotations: ANNOTATIONS[method],
})

/** What the method of HTTP promises (RFC 9110 §9.2). */
const ANNOTATIONS: Readonly<Record<ApiOperation['method'], JsonObject>> = {
  GET: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
  POST: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  PUT: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
  PATCH: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  DELETE: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
}

const answered = (message: Message, result: JsonObject): UpstreamAnswer =>
  whole(200, { jsonrpc: '2.0', id: message.id, result: inEra(message, result) })

/** In the 2026 era each result says what kind it is; before, caching was not a word of the protocol. */
function inEra(message: Message, result: JsonObject): JsonObject {
  if (eraOf(message) === '2026') return { resultType: 'complete', ...result }
  const { ttlMs: _ttlMs, cacheScope: _cacheScope, ...plain } = result
  return plain
}

const failed = ({ id }: Message, error: JsonObject, status = 200): UpstreamAnswer =>
  whole(status, { jsonrpc: '2.0', id, error })

const whole = (status: number, message: JsonObject): UpstreamAnswer => ({
  kind: 'whole',
  status,
  headers: [['content-type', 'application/json']],
  body: new TextEncoder().encode(JSON.stringify(message)),
})

const bare = (status: number, headers: readonly (readonly [string, string])[] = []): UpstreamAnswer => ({
  kind: 'whole',
  status,
  headers,
  body: new Uint8Array(),
})

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
