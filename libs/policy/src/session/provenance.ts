import type { Action, Json, Provenance, SessionState } from '@writ/contracts'
import type { ContentKeys } from '../modify/content-keys.ts'
import { fingerprint } from './fingerprint.ts'
import { piecesOf, tokensOf } from './pieces.ts'
import { holdsPrint } from './prints.ts'
import { remembered } from './remembered.ts'

/**
 * Where a text was met before in this session, sorted. Taint counts by any part: a mail to `eve@evil.example` is tainted when only the
 * host was met in untrusted content. A good name counts by the whole: that the user named the host makes no other mailbox there his.
 * `model`: the whole was met nowhere that vouches for it.
 */
export function provenanceOf(state: SessionState, text: string, keys: ContentKeys): Provenance[] {
  const met = new Set<Provenance>()
  addSources(met, state, marksOf(text, keys))
  return [...met].sort()
}

/** `all`: null where the text is more than is looked at, so that anything may stand in it. */
type Marks = { readonly whole: string | null; readonly all: readonly string[] | null }

function addSources(met: Set<Provenance>, state: SessionState, { whole, all }: Marks): void {
  let isMet = false
  for (const source of VOUCHING) {
    if (whole === null || !vouches(state, source, whole)) continue
    met.add(source)
    isMet = true
  }
  for (const source of TAINTING) {
    if (!taints(state, source, all)) continue
    met.add(source)
    isMet ||= whole !== null && has(state, source, whole)
  }
  if (!isMet) met.add(MODEL)
}

/** Fingerprints of a text: as a whole, and with everything in it that could be a value. */
const marksOf = remembered((text, keys): Marks => {
  const found = piecesOf(text)
  if (found === null) return { whole: null, all: null }
  const { whole, parts } = found
  const pieces = new Set([...(whole === null ? [] : [whole]), ...parts, ...tokensOf(text)])
  return {
    whole: whole === null ? null : fingerprint(whole, keys),
    all: Array.from(pieces, (piece) => fingerprint(piece, keys)),
  }
})

/**
 * Of every text and long number in a value, member names left out; `undefined` where there is none.
 * @param message what the value is a part of: fingerprints made for it are kept while it lasts, as it may be asked about again under
 *   another state of the session
 */
export function provenanceOfTree(
  state: SessionState,
  value: Json,
  keys: ContentKeys,
  message: object = {},
): Provenance[] | undefined {
  const texts: string[] = []
  collectTexts(value, MAX_DEPTH, texts)
  if (texts.length === 0) return undefined
  const met = new Set<Provenance>(texts.length > MAX_TEXTS ? TAINTING : [])
  const known = knownOf(message, keys)
  for (const text of texts.slice(0, MAX_TEXTS)) {
    const marks = known.get(text) ?? marksOf(text, keys)
    known.set(text, marks)
    addSources(met, state, marks)
  }
  return [...met].sort()
}

const ofMessages = new WeakMap<object, { readonly keys: ContentKeys; readonly known: Map<string, Marks> }>()

function knownOf(message: object, keys: ContentKeys): Map<string, Marks> {
  const before = ofMessages.get(message)
  if (before?.keys === keys) return before.known
  const known = new Map<string, Marks>()
  ofMessages.set(message, { keys, known })
  return known
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
  return met !== undefined && holdsPrint(met.prints, print)
}

/** A set that is full vouches for nothing. */
const vouches = (state: SessionState, source: Provenance, print: string): boolean =>
  state.values[source]?.full !== true && has(state, source, print)

/** A set that is full taints everything. */
const taints = (state: SessionState, source: Provenance, prints: Marks['all']): boolean =>
  state.values[source]?.full === true ||
  (prints?.some((print) => has(state, source, print)) ?? hasAny(state, source))

const hasAny = (state: SessionState, source: Provenance): boolean =>
  (state.values[source]?.prints ?? '') !== ''

function collectTexts(value: Json, depth: number, found: string[]): void {
  if (typeof value === 'string') found.push(value)
  else if (typeof value === 'number') found.push(String(value))
  else if (typeof value === 'object' && value !== null && depth > 0)
    for (const member of Object.values<Json>(value)) collectTexts(member, depth - 1, found)
}
