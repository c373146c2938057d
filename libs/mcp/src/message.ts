import type { Json, JsonObject } from '@writ/contracts'

/** One JSON-RPC message, strictly read. What stands here is what every sane reader of the same bytes sees. */
export type Message = {
  readonly kind: 'request' | 'notification' | 'response'
  /** null where the message has none: a notification, or an error about a request that could not be read */
  readonly id: string | number | null
  /** null for a response */
  readonly method: string | null
  /** an empty object where the message has none */
  readonly params: JsonObject
  readonly result?: Json
  readonly error?: JsonObject
  /** the whole envelope; empty for the pseudo messages `http/get` and `http/delete` */
  readonly tree: JsonObject
  /** it holds a number that would change if it were written again, e.g. 2^53 + 1 or 20 decimals */
  readonly inexact?: true
}

/** `maxBytes` of one message; `maxDepth` counts nested objects and arrays, the envelope being 1. */
export type MessageLimits = { readonly maxBytes: number; readonly maxDepth: number }
