import type { Json, JsonObject } from '@writ/contracts'

/** The members of a JSON-RPC message that the proxy looks at; it sends the bytes as they came, and the gateway judges them. */
export type Envelope = {
  readonly id?: Json
  readonly method?: Json
  readonly params?: Json
  readonly result?: Json
  readonly error?: Json
}

/** What a 2025-era conversation fixes once and then says on every request. */
export type Conversation = {
  sessionId: string | null
  protocolVersion: string | null
}

export const newConversation = (): Conversation => ({ sessionId: null, protocolVersion: null })

/** Null where the text is not one JSON object. */
export function envelopeOf(text: string): Envelope | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** The id under which a request waits for its answer; null for anything else. A client's own answer is no request, though it has an id. */
export const requestIdOf = ({ id, method }: Envelope): string | number | null =>
  typeof method === 'string' && (typeof id === 'string' || typeof id === 'number') ? id : null

export const isRequestOrNotification = ({ method }: Envelope): boolean => typeof method === 'string'

export const isNotification = ({ id, method }: Envelope): boolean =>
  typeof method === 'string' && id === undefined

/** The request that a cancellation names; null for any other message. */
export function cancelledBy({ method, params }: Envelope): Json {
  if (method !== 'notifications/cancelled' || !isObject(params)) return null
  return params['requestId'] ?? null
}

/** What an error says, for a person. */
export const textOfError = ({ error }: Envelope): string =>
  isObject(error) && typeof error['message'] === 'string' ? error['message'] : 'no reason given'

/** From 2026-07-28 on each message claims its version itself. Versions are dates, so they compare as text. */
export const isOf2026 = (message: Envelope): boolean => (claimedVersion(message) ?? '') >= '2026-07-28'

/** HTTP fields of the Streamable HTTP transport, in the era that the message itself speaks. */
export function headersFor(message: Envelope, conversation: Conversation): Record<string, string> {
  const plain = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  if (isOf2026(message)) return { ...plain, ...versionField(claimedVersion(message)), ...mirrored(message) }
  // `initialize` begins a conversation: nothing of the one before belongs to it.
  if (message.method === 'initialize') return { ...plain, ...versionField(claimedVersion(message)) }
  return {
    ...plain,
    ...versionField(claimedVersion(message) ?? conversation.protocolVersion),
    ...(conversation.sessionId === null ? {} : { 'mcp-session-id': conversation.sessionId }),
  }
}

/** Keeps the session id that a server gives with its answer to `initialize`. */
export function learnSession(message: Envelope, response: Response, conversation: Conversation): void {
  if (message.method === 'initialize') conversation.sessionId = response.headers.get('mcp-session-id')
}

/** Keeps the version that the server chose. */
export function learnVersion(message: Envelope, answer: Envelope, conversation: Conversation): void {
  const version = isObject(answer.result) ? answer.result['protocolVersion'] : null
  if (message.method === 'initialize' && typeof version === 'string') conversation.protocolVersion = version
}

function claimedVersion({ params }: Envelope): string | null {
  const meta = isObject(params) ? params['_meta'] : null
  const version = isObject(meta) ? meta['io.modelcontextprotocol/protocolVersion'] : null
  return typeof version === 'string' ? version : null
}

/** Methods whose target a 2026-07-28 message repeats in `Mcp-Name`, and the parameter that holds it. */
const NAMED_BY: ReadonlyMap<Json, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
])

function mirrored({ method, params }: Envelope): Record<string, string> {
  if (typeof method !== 'string' || !isPlain(method)) return {}
  const member = NAMED_BY.get(method)
  const named = member !== undefined && isObject(params) ? params[member] : null
  return { 'mcp-method': method, ...(typeof named === 'string' ? { 'mcp-name': nameField(named) } : {}) }
}

const versionField = (version: string | null): Record<string, string> =>
  version !== null && isPlain(version) ? { 'mcp-protocol-version': version } : {}

/** Names that a header cannot carry travel as base64 of their UTF-8 form (SEP-2243). */
const nameField = (text: string): string =>
  isPlain(text) && !/^=\?base64\?.*\?=$/.test(text)
    ? text
    : `=?base64?${Buffer.from(text).toString('base64')}?=`

/** A header carries it unchanged. A text that is not plain is left out: the gateway then says what is wrong with it. */
const isPlain = (text: string): boolean => /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
