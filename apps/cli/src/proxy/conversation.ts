import type { Json, JsonObject } from '@writ/contracts'
import { JsonObjectSchema } from '@writ/contracts'

/** The members of a JSON-RPC message that the proxy looks at; it sends the line itself. */
export type Envelope = {
  readonly id?: string | number | null
  readonly method?: string
  readonly params?: JsonObject
  readonly result?: JsonObject
  readonly error?: JsonObject
}

/** What a 2025-era conversation fixes once and then says on every request. */
export type Conversation = {
  sessionId: string | null
  protocolVersion: string | null
  listening: Promise<void> | null
}

export const newConversation = (): Conversation => ({
  sessionId: null,
  protocolVersion: null,
  listening: null,
})

const META_VERSION = 'io.modelcontextprotocol/protocolVersion'
/** Methods whose target a 2026-07-28 request repeats in `Mcp-Name`, and the parameter that holds it. */
const NAMED_BY: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
}

/** HTTP fields of the Streamable HTTP transport, in the era that the message itself speaks. */
export function headersFor(message: Envelope, conversation: Conversation): Record<string, string> {
  const plain = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const version = metaVersionOf(message)
  if (version !== null) return { ...plain, 'mcp-protocol-version': version, ...mirrored(message) }
  return {
    ...plain,
    ...(conversation.protocolVersion === null
      ? {}
      : { 'mcp-protocol-version': conversation.protocolVersion }),
    ...(conversation.sessionId === null ? {} : { 'mcp-session-id': conversation.sessionId }),
  }
}

/** Keeps the session id that a server gives with its answer to `initialize`. */
export function learn(message: Envelope, response: Response, conversation: Conversation): void {
  if (message.method === 'initialize') conversation.sessionId = response.headers.get('mcp-session-id')
}

function metaVersionOf({ params }: Envelope): string | null {
  const meta = JsonObjectSchema.safeParse(params?.['_meta'])
  const version = meta.success ? meta.data[META_VERSION] : undefined
  return typeof version === 'string' ? version : null
}

function mirrored({ method, params }: Envelope): Record<string, string> {
  if (method === undefined) return {}
  const named: Json | undefined = params?.[NAMED_BY[method] ?? '']
  return { 'mcp-method': method, ...(typeof named === 'string' ? { 'mcp-name': fieldValue(named) } : {}) }
}

/** Values that a header cannot carry travel as base64 of their UTF-8 form (SEP-2243). */
function fieldValue(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text)
  return isPlain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`
}
