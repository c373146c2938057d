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
  const folding = new Folding()
  const isAlike = (key: string): boolean => {
    if (reserved.has(key)) return false
    const folded = folding.of(key)
    return folded === null || foldedNamesOf(reserved).has(folded)
  }
  return Object.keys(object).find(isAlike) ?? null
}

const folds = new WeakMap<ReadonlySet<string>, ReadonlySet<string | null>>()

function foldedNamesOf(reserved: ReadonlySet<string>): ReadonlySet<string | null> {
  const known = folds.get(reserved)
  if (known) return known
  const folded = new Set([...reserved].map(foldKey))
  folds.set(reserved, folded)
  return folded
}

/** So many characters of names that are not plain are folded for one message: some tens of milliseconds of the dearest. */
const MOST_FOLDED = 65_536

/** Folds the keys of one message, each once. */
export class Folding {
  readonly #known = new Map<string, string | null>()
  #left = MOST_FOLDED

  /** One form for all keys that some reader would take for one another; null where finding it out takes too long. */
  of(key: string): string | null {
    if (PLAIN.test(key)) return key.toLowerCase()
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const folded = this.#left > 0 ? foldKey(key) : null
    this.#left -= Math.max(key.length, folded?.length ?? 0)
    this.#known.set(key, folded)
    return folded
  }
}

/** Some letters fold to eighteen. */
const LONGEST_FOLDED = 1_024
const PLAIN = /^[a-zA-Z0-9_./-]*$/
/** control, format and unassigned characters, spaces, and marks that combine */
const INVISIBLE = /[\p{C}\p{Z}\p{M}]/gu
/** More than any language has (UAX #15 §13, stream-safe text); to put them in order takes the square of their number. */
const MANY_MARKS = /\p{M}{31}/u

function foldKey(key: string): string | null {
  if (key.length > LONGEST_FOLDED || MANY_MARKS.test(key)) return null
  const composed = key.normalize('NFKC')
  if (composed.length > LONGEST_FOLDED) return null
  return composed.toUpperCase().toLowerCase().normalize('NFKD').replaceAll(INVISIBLE, '')
}
