import type { Json } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { Message } from './message.ts'

/** The part of a message that policy judges: params of a call, result or error of a response. */
export function contentOf(message: Message): Json {
  if (message.kind !== 'response') return message.params
  return message.result !== undefined ? message.result : (message.error ?? null)
}

/**
 * Writes a message again with other content; only for a message that a rule modified.
 * A message with a number that would change on the way is refused rather than corrupted.
 */
export function withContent(message: Message, content: Json): Uint8Array | Refusal {
  if (message.inexact)
    return new Refusal(
      'message_ambiguous',
      'a rule modifies this message, and it holds a number that would change',
    )
  return new TextEncoder().encode(JSON.stringify({ ...message.tree, [memberOf(message)]: content }))
}

function memberOf(message: Message): 'params' | 'result' | 'error' {
  if (message.kind !== 'response') return 'params'
  return message.result !== undefined ? 'result' : 'error'
}

/** What policy never rewrites: JSON pointers (RFC 6901) into the content, each with everything under it; `*` is any one step. */
export const PROTECTED_POINTERS: readonly string[] = [
  '/name',
  '/uri',
  '/taskId',
  '/task/taskId',
  '/ref',
  '/cursor',
  '/nextCursor',
  '/requestState',
  '/requestId',
  '/progressToken',
  '/protocolVersion',
  '/resultType',
  '/elicitationId',
  '/tools/*/name',
  '/prompts/*/name',
  '/resources/*/uri',
  '/resourceTemplates/*/uriTemplate',
  '/contents/*/uri',
  '/tasks/*/taskId',
  '/inputRequests/*/method',
  '/_meta/progressToken',
  '/_meta/io.modelcontextprotocol~1protocolVersion',
  '/_meta/io.modelcontextprotocol~1clientInfo',
  '/_meta/io.modelcontextprotocol~1clientCapabilities',
  '/_meta/io.modelcontextprotocol~1serverInfo',
  '/_meta/io.modelcontextprotocol~1subscriptionId',
  '/_meta/io.modelcontextprotocol~1related-task',
]
