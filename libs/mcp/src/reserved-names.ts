import type { JsonObject } from '@writ/contracts'

/** Members of a JSON-RPC 2.0 message. There are no others: a member that nobody judges does not pass. */
export const ENVELOPE_NAMES: ReadonlySet<string> = new Set([
  'jsonrpc',
  'id',
  'method',
  'params',
  'result',
  'error',
])

/** Members of `params` by which a message is judged or routed, in both eras. */
export const PARAMS_NAMES: ReadonlySet<string> = new Set([
  ...ENVELOPE_NAMES,
  'name',
  'arguments',
  'uri',
  '_meta',
  'ref',
  'argument',
  'taskId',
  'task',
  'cursor',
  'requestState',
  'inputResponses',
  'requestId',
  'progressToken',
  'protocolVersion',
  'notifications',
])

export const META_NAMES: ReadonlySet<string> = new Set([
  'progressToken',
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/clientInfo',
  'io.modelcontextprotocol/clientCapabilities',
  'io.modelcontextprotocol/subscriptionId',
  'io.modelcontextprotocol/related-task',
])

export const REF_NAMES: ReadonlySet<string> = new Set(['type', 'name', 'uri'])
/** Members of `notifications` in what is listened to that name something. */
export const LISTENED_NAMES: ReadonlySet<string> = new Set(['resourceSubscriptions', 'taskIds'])
export const TASK_NAMES: ReadonlySet<string> = new Set(['taskId'])

/**
 * The key that a lax reader would take for a reserved one although it is not: other case, a NUL or an invisible
 * character in it, a look-alike that folds to ASCII (CVE-2026-27896, GHSA-q382-vc8q-7jhj). Null where there is none.
 */
export function lookAlikeIn(object: JsonObject, reserved: ReadonlySet<string>): string | null {
  return Object.keys(object).find((key) => !reserved.has(key) && foldsInto(key, reserved)) ?? null
}

function foldsInto(key: string, reserved: ReadonlySet<string>): boolean {
  const folded = foldKey(key)
  return folded === null || foldedNamesOf(reserved).has(folded)
}

const folds = new WeakMap<ReadonlySet<string>, ReadonlySet<string | null>>()

function foldedNamesOf(reserved: ReadonlySet<string>): ReadonlySet<string | null> {
  const known = folds.get(reserved)
  if (known) return known
  const folded = new Set([...reserved].map(foldKey))
  folds.set(reserved, folded)
  return folded
}

/** Some letters fold to eighteen. */
const LONGEST_FOLDED = 1_024
const PLAIN = /^[a-zA-Z0-9_./-]*$/
/** control, format and unassigned characters, spaces, and marks that combine */
const INVISIBLE = /[\p{C}\p{Z}\p{M}]/gu

/** One form for all keys that some reader would take for one another; null where finding it out takes too long. */
export function foldKey(key: string): string | null {
  if (PLAIN.test(key)) return key.toLowerCase()
  if (key.length > LONGEST_FOLDED) return null
  return key.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKD').replaceAll(INVISIBLE, '')
}
