import type { Json, JsonObject } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import { isObject } from './json-object.ts'
import type { Message, MessageLimits } from './message.ts'
import { namesFault } from './named.ts'
import {
  ENVELOPE_NAMES,
  LISTENED_NAMES,
  lookAlikeIn,
  META_NAMES,
  PARAMS_NAMES,
  REF_NAMES,
  TASK_NAMES,
} from './reserved-names.ts'
import { readStrictJson } from './strict-json.ts'

/**
 * Reads exactly one JSON-RPC 2.0 message, or refuses whatever two readers could read in two ways.
 * The very bytes may be forwarded after it: what was judged is what the next reader sees.
 */
export function readMessage(bytes: Uint8Array, limits: MessageLimits): Message | Refusal {
  const json = readStrictJson(bytes, limits)
  if (isRefusal(json)) return json
  if (Array.isArray(json.tree)) return new Refusal('batch_refused')
  if (!isObject(json.tree)) return malformed('the message is not an object')
  const message = messageIn(json.tree)
  if (isRefusal(message)) return message
  // A call is bound to names by its reader; a result or a log line can be a dictionary, where M and m are two words.
  if (json.foldedKeys && message.kind === 'request') return ambiguous('a key could be taken for another')
  return namesFault(message) ?? (json.inexact ? { ...message, inexact: true } : message)
}

/** The id of a request that was refused unread, so that its sender knows which one it was; null where it is not one and the same to every reader. */
export function idOfUnread(bytes: Uint8Array, limits: MessageLimits): string | number | null {
  const json = readStrictJson(bytes, limits)
  if (isRefusal(json) || !isObject(json.tree) || lookAlikeIn(json.tree, ENVELOPE_NAMES) !== null) return null
  const { id, method } = json.tree
  return typeof method === 'string' && isId(id) ? id : null
}

function messageIn(tree: JsonObject): Message | Refusal {
  return envelopeFault(tree) ?? (Object.hasOwn(tree, 'method') ? callIn(tree) : responseIn(tree))
}

function envelopeFault(tree: JsonObject): Refusal | null {
  if (lookAlikeIn(tree, ENVELOPE_NAMES) !== null) return lookAlike
  if (!Object.keys(tree).every((name) => ENVELOPE_NAMES.has(name)))
    return malformed('the message has a member that JSON-RPC does not know')
  return tree['jsonrpc'] === '2.0' ? null : malformed('jsonrpc is not "2.0"')
}

/** A request or a notification. */
function callIn(tree: JsonObject): Message | Refusal {
  const { id, method, params = NO_PARAMS, result, error } = tree
  if (result !== undefined || error !== undefined) return ambiguous('a message is both call and response')
  if (typeof method !== 'string') return malformed('method is not a string')
  if (!isObject(params)) return malformed('params is not an object')
  const fault = paramsFault(params)
  if (fault) return fault
  if (id === undefined) return { kind: 'notification', id: null, method, params, tree }
  return isId(id) ? { kind: 'request', id, method, params, tree } : malformed(BAD_ID)
}

const NO_PARAMS: JsonObject = {}

function paramsFault(params: JsonObject): Refusal | null {
  const { _meta: meta = NO_PARAMS, ref, notifications } = params
  if (!isObject(meta)) return malformed('_meta is not an object')
  const pretends =
    lookAlikeIn(params, PARAMS_NAMES) ??
    lookAlikeIn(meta, META_NAMES) ??
    lookAlikeWithin(ref, REF_NAMES) ??
    lookAlikeWithin(notifications, LISTENED_NAMES) ??
    lookAlikeWithin(meta['io.modelcontextprotocol/related-task'], TASK_NAMES)
  return pretends === null ? null : lookAlike
}

const lookAlikeWithin = (value: Json | undefined, reserved: ReadonlySet<string>): string | null =>
  isObject(value) ? lookAlikeIn(value, reserved) : null

function responseIn(tree: JsonObject): Message | Refusal {
  const { id, params, result, error } = tree
  if (params !== undefined) return ambiguous('a message is both call and response')
  if ((result === undefined) === (error === undefined))
    return ambiguous('a response has one of result and error')
  if (result !== undefined)
    return isId(id)
      ? { kind: 'response', id, method: null, params: NO_PARAMS, result, tree }
      : malformed(BAD_ID)
  if (!isObject(error)) return malformed('error is not an object')
  // JSON-RPC 2.0 §5: an error about a request whose id could not be read has the id null.
  const answered = id ?? null
  return answered === null || isId(answered)
    ? { kind: 'response', id: answered, method: null, params: NO_PARAMS, error, tree }
    : malformed(BAD_ID)
}

const BAD_ID = 'id is not a string or a safe integer'

const isId = (id: Json | undefined): id is string | number =>
  typeof id === 'string' || Number.isSafeInteger(id)

const malformed = (detail: string): Refusal => new Refusal('message_malformed', detail)
const ambiguous = (detail: string): Refusal => new Refusal('message_ambiguous', detail)
const lookAlike = ambiguous('a key looks like a reserved one and is not')
