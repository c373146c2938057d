import type { Json, JsonObject } from '@writ/contracts'
import { isRefusal } from '@writ/contracts'
import { readStrictJson } from '@writ/mcp'

/** What the API answered with. */
export type ApiAnswer = { readonly status: number; readonly type: string | null; readonly body: Uint8Array }

/** The answer of the API as the result of a tool call: what is text is told, and JSON is told twice, as clients expect it. */
export function resultOf({ status, type, body }: ApiAnswer): JsonObject {
  const isError = status >= 400
  const told = isError ? `HTTP ${status}` : ''
  if (body.length === 0) return { content: [text(told || `HTTP ${status}, no content`)], isError }
  if (!isTextual(type)) return { content: [text(notText(status, type, body.length))], isError: true }
  const read = decoded(body)
  if (read === null) return { content: [text(notText(status, type, body.length))], isError: true }
  const content = [text(told === '' ? read : `${told}\n${read}`)]
  const structured = isJson(type) ? parsed(body) : undefined
  return structured === undefined ? { content, isError } : { content, structuredContent: structured, isError }
}

const text = (said: string): JsonObject => ({ type: 'text', text: said })

/** No detector reads it, so it does not go to the agent. */
const notText = (status: number, type: string | null, sizeBytes: number): string =>
  `HTTP ${status}: the API answered with ${sizeBytes} bytes that are no text${type === null ? '' : ` (${type.slice(0, 100)})`}, which are not passed on`

const isJson = (type: string | null): boolean =>
  type !== null && /^application\/(?:[\w.-]+\+)?json$/.test(type)
const isTextual = (type: string | null): boolean =>
  type !== null &&
  (isJson(type) || /^(?:text\/[\w.+-]+|application\/(?:[\w.-]+\+)?xml|application\/yaml)$/.test(type))

function decoded(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return null
  }
}

/**
 * `structuredContent` is an object in every version of the protocol, so anything else stands in one. What would not be written again as it
 * came is told as text alone: an id beyond 2^53 would be another one's, and of a name that stands twice one value would be gone.
 */
function parsed(body: Uint8Array): JsonObject | undefined {
  const json = readStrictJson(body, { maxBytes: body.length, maxDepth: MOST_DEPTH })
  if (isRefusal(json) || json.inexact) return undefined
  return isObject(json.tree) ? json.tree : { value: json.tree }
}

/** The message around it has a depth too, and a limit. */
const MOST_DEPTH = 48

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
