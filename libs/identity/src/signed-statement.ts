import type { JsonObject } from '@writ/contracts'
import type { CompactJws } from './compact-jws.ts'
import { readCompactJws, readObjectSegment } from './compact-jws.ts'
import { PROOF_AHEAD_MS } from './proof-window.ts'

/** A short-lived JWT by an agent's own key; nothing about it is verified yet. */
export type SignedStatement = { readonly jws: CompactJws; readonly header: JsonObject }

const MAX_STATEMENT_BYTES = 4_096

/**
 * Reads one strict ES256 JWT of one of the types.
 * @param types values of `typ`; `undefined` among them: it may be left out
 */
export function readStatement(text: string, types: readonly (string | undefined)[]): SignedStatement | null {
  if (text.length > MAX_STATEMENT_BYTES) return null
  const jws = readCompactJws(text)
  const header = jws && readObjectSegment(jws.headerText)
  if (!jws || !header) return null
  const { typ, alg, crit } = header
  const isOfType = (typ === undefined || typeof typ === 'string') && types.includes(typ)
  return isOfType && alg === 'ES256' && crit === undefined ? { jws, header } : null
}

const MAX_LIFE_MS = 5 * 60_000

/** What is wrong with the moment at which a statement came; null when it holds now and not for longer than 5 minutes. */
export function faultOfMoment(
  {
    exp,
    iat = 0,
    nbf = 0,
  }: { readonly exp: number; readonly iat?: number | undefined; readonly nbf?: number | undefined },
  nowMs: number,
): string | null {
  if (exp * 1_000 <= nowMs) return 'has expired'
  if (exp * 1_000 > nowMs + MAX_LIFE_MS + PROOF_AHEAD_MS) return 'lives longer than 5 minutes'
  return Math.max(nbf, iat) * 1_000 > nowMs + PROOF_AHEAD_MS ? 'is not valid yet' : null
}
