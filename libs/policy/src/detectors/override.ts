import { cutComments, isPlain, readingsOf, surplusOf } from './normalise.ts'
import { ANCHORS, ORDERS, SIGNS } from './phrases.ts'
import type { Work } from '../work.ts'
import type { Span } from './sighting.ts'

/** Score from which text is called an override, and from which it is merely suspect. */
const OVERRIDE_FROM = 0.8
const SUSPECT_FROM = 0.5

/**
 * Attack phrasing that tells a model to leave its task. A tripwire and never the wall: an injection that simply asks has no phrasing.
 * A finding covers the whole text, because what was read is a normalised form of it.
 * `inj.override` is precise enough to deny on; `inj.suspect` is worth a flag.
 */
export function detectOverrides(text: string, work: Work): readonly Span[] {
  if (!work.take(surplusOf(text))) return []
  const score = Math.max(scoreOf(text), scoreInComments(text), scoreInBase64(text))
  if (score < SUSPECT_FROM) return []
  const signal = score < OVERRIDE_FROM ? 'inj.suspect' : 'inj.override'
  return [{ signal, start: 0, end: text.length }]
}

function scoreOf(text: string): number {
  if (isPlain(text) && !ANCHORS.test(text)) return 0
  return Math.max(...readingsOf(text).map((reading) => (ANCHORS.test(reading) ? weigh(reading) : 0)))
}

function weigh(reading: string): number {
  if (ORDERS.some((order) => isGiven(order, reading))) return OVERRIDE_FROM
  const weights = SIGNS.map(({ weight, pattern }) => (pattern.test(reading) ? weight : 0))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return Math.round(sum * 100) / 100
}

/** An order that stands alone between quotation marks is being talked about, not given. */
function isGiven(order: RegExp, reading: string): boolean {
  return [...reading.matchAll(order)].some(({ 0: found, index }) => {
    const isQuoted = QUOTES.has(reading[index - 1] ?? '') && QUOTES.has(reading[index + found.length] ?? '')
    return !isQuoted
  })
}

const QUOTES = new Set(`"'\`“”„‘«»「」`)

const HIDING_BONUS = 0.3

/** What a page hides in a comment and addresses to a model is worse than the same words in the open. */
function scoreInComments(text: string): number {
  if (!text.includes('<!--')) return 0
  const score = scoreOf(cutComments(text).comments.join('\n'))
  return score < SUSPECT_FROM ? score : score + HIDING_BONUS
}

const BASE64_RUN = /[A-Za-z0-9+/_-]{24,}/g

/** One layer of base64 (RFC 4648 §4 and §5); orders have no business in it. */
function scoreInBase64(text: string): number {
  if (!HAS_BASE64_RUN.test(text)) return 0
  const decoded = [...text.matchAll(BASE64_RUN)].map(([run]) => Buffer.from(run, 'base64').toString('utf8'))
  const score = scoreOf(decoded.join('\n'))
  return score < SUSPECT_FROM ? score : score + HIDING_BONUS
}

const HAS_BASE64_RUN = /[A-Za-z0-9+/_-]{24}/
