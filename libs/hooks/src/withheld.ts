import type { Json, JsonObject } from '@writ/contracts'
import { isObject } from './strict-object.ts'

/**
 * The result of a tool with nothing left in it, in a form that the client still takes for that tool's result: a client that does not know
 * the form might show the model the original. The reason stands where the client looks for what to show.
 */
export function withheld(result: Json | null, reason: string): Json {
  if (isContent(result)) return withheldText(reason)['content'] ?? null
  if (isObject(result) && isContent(result['content'])) return withheldText(reason)
  return emptied('', result, reason)
}

/** As an MCP tool would give it back. */
export const withheldText = (reason: string): JsonObject => ({ content: [{ type: 'text', text: reason }] })

const isContent = (value: Json | undefined): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((part) => isObject(part) && typeof part['type'] === 'string')

function emptied(key: string, value: Json, reason: string): Json {
  if (typeof value === 'string') return emptiedText(key, value, reason)
  if (typeof value === 'number') return 0
  if (Array.isArray(value)) return []
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, emptied(name, member, reason)]),
  )
}

function emptiedText(key: string, value: string, reason: string): string {
  if (KIND_KEYS.has(key) && KINDS.has(value)) return value
  return SHOWN_KEYS.has(key) ? reason : ''
}

/** Members that a client shows; the empty name is a result that is one text. */
const SHOWN_KEYS = new Set(['', 'content', 'stdout', 'text', 'output', 'result'])

/** The words by which Claude Code tells the forms of its tools' results apart. */
const KIND_KEYS = new Set(['type', 'mode'])
const KINDS = new Set([
  'text',
  'image',
  'notebook',
  'pdf',
  'parts',
  'file_unchanged',
  'create',
  'update',
  'content',
  'files_with_matches',
  'count',
])
