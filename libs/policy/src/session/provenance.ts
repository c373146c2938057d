import type { Action, Json, Provenance, SessionState } from '@writ/contracts'
import type { ContentKeys } from '../modify/content-keys.ts'
import { fingerprint } from './fingerprint.ts'
import { piecesOf, tokensOf } from './pieces.ts'
import { remembered } from './remembered.ts'
import { holds } from './state.ts'

/**
 * Where a text was met before in this session, sorted. Taint counts by any part: a mail to `eve@evil.example` is tainted when only the
 * host was met in untrusted content. A good name counts by the whole: that the user named the host makes no other mailbox there his.
 * `model`: the whole was met nowhere that vouches for it.
 */
export function provenanceOf(state: SessionState, text: string, keys: ContentKeys): Provenance[] {
  const { whole, all } = printsOf(text, keys)
  const vouching = whole === null ? [] : VOUCHING.filter((source) => vouches(state, source, whole))
  const tainting = TAINTING.filter((source) => taints(state, source, all))
  const isMet =
    vouching.length > 0 || (whole !== null && TAINTING.some((source) => has(state, source, whole)))
  return [...vouching, ...tainting, ...(isMet ? [] : [MODEL])].sort()
}

/** Fingerprints of a text: as a whole, and with everything in it that could be a value. */
const printsOf = remembered((text, keys) => {
  const { whole, parts } = piecesOf(text)
  const pieces = new Set([...(whole === null ? [] : [whole]), ...parts, ...tokensOf(text)])
  return {
    whole: whole === null ? null : fingerprint(whole, keys),
    all: Array.from(pieces, (piece) => fingerprint(piece, keys)),
  }
})

/** Of every text and long number in a value, member names left out; `undefined` where there is none. */
export function provenanceOfTree(
  state: SessionState,
  value: Json,
  keys: ContentKeys,
): Provenance[] | undefined {
  const texts = textsOf(value, MAX_DEPTH)
  if (texts.length === 0) return undefined
  const met = new Set<Provenance>(texts.length > MAX_TEXTS ? TAINTING : [])
  for (const text of texts.slice(0, MAX_TEXTS))
    for (const source of provenanceOf(state, text, keys)) met.add(source)
  return [...met].sort()
}

/** As what the values of an answer are remembered: by whose words come back, and who brings them. */
export function sourcesOf(action: Action, trust: 'internal' | 'external'): readonly Provenance[] {
  if (action.class === 'read.untrusted') return ['untrusted']
  const trusted: readonly Provenance[] = trust === 'internal' ? ['trusted'] : []
  return action.class === 'read.private' ? ['private', ...trusted] : trusted
}

const MODEL: Provenance = 'model'
const VOUCHING: readonly Provenance[] = ['user', 'admin', 'trusted']
const TAINTING: readonly Provenance[] = ['private', 'untrusted']
const MAX_TEXTS = 1_000
const MAX_DEPTH = 64

const has = (state: SessionState, source: Provenance, print: string): boolean => {
  const met = state.values[source]
  return met !== undefined && holds(met.prints, print)
}

/** A set that is full vouches for nothing. */
const vouches = (state: SessionState, source: Provenance, print: string): boolean =>
  state.values[source]?.full !== true && has(state, source, print)

/** A set that is full taints everything. */
const taints = (state: SessionState, source: Provenance, prints: readonly string[]): boolean =>
  state.values[source]?.full === true || prints.some((print) => has(state, source, print))

function textsOf(value: Json, depth: number): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value === 'number') return [String(value)]
  if (typeof value !== 'object' || value === null || depth === 0) return []
  return Object.values<Json>(value).flatMap((member) => textsOf(member, depth - 1))
}
