import type { Span } from '../sighting.ts'
import { normalise } from './normalise.ts'
import type { Normalised } from './normalise.ts'
import { PHRASES } from './phrases.ts'
import type { Phrase } from './phrase.ts'

/** Score from which text is called an override, and from which it is merely suspect. */
const OVERRIDE_FROM = 0.8
const SUSPECT_FROM = 0.5

export type Window = { readonly text: string; readonly start: number; readonly end: number }

/** Whether anything could be found where these anchors stand, were every phrase there that needs them: most windows are left at that. */
export function isWanted(mask: number, isDefinition: boolean): boolean {
  const key = isDefinition ? ~mask : mask
  const known = WANTED.get(key)
  if (known !== undefined) return known
  const possible = PHRASES.filter((phrase) => has(mask, phrase))
  const poison = sum(possible.map((phrase) => poisonOf(phrase, isDefinition)))
  const wanted = sum(possible.map(({ weight }) => weight)) >= SUSPECT_FROM || poison >= OVERRIDE_FROM
  WANTED.set(key, wanted)
  return wanted
}

/** There are few masks in practice, and at most one entry for each. */
const WANTED = new Map<number, boolean>()

const poisonOf = (phrase: Phrase, isDefinition: boolean): number =>
  isDefinition ? phrase.inDefinition : phrase.poison

const has = (mask: number, { needs }: Phrase): boolean => (mask & needs) === needs

/**
 * Attack phrasing that tells a model to leave its task. A tripwire and never the wall: an injection that simply asks has no phrasing.
 * `inj.override` is precise enough to deny on; `inj.suspect` is worth a flag; `inj.tool_poisoning` is about what tools say of themselves.
 */
export function weigh(window: Window, mask: number, isDefinition: boolean): readonly Span[] {
  const normalised = normalise(window.text, window.start, window.end)
  const met = PHRASES.filter((phrase) => has(mask, phrase)).flatMap((phrase) => meet(phrase, normalised))
  if (met.length === 0) return []
  const stretch = stretchOf(met, normalised)
  return signalsOf(met, isDefinition).map((signal) => ({ signal, ...stretch }))
}

type Met = { readonly phrase: Phrase; readonly start: number; readonly end: number }

/** An order that stands alone between quotation marks is being talked about, not given. */
function meet(phrase: Phrase, { text }: Normalised): readonly Met[] {
  for (const { 0: found, index } of text.matchAll(phrase.pattern)) {
    const end = index + found.length
    const isQuoted = QUOTES.has(text.charAt(index - 1)) && QUOTES.has(text.charAt(end))
    if (!isQuoted) return [{ phrase, start: index, end }]
  }
  return []
}

const QUOTES = new Set(`"'«»「」„`)

function signalsOf(met: readonly Met[], isDefinition: boolean): readonly string[] {
  const score = sum(met.map(({ phrase }) => phrase.weight))
  const poison = sum(met.map(({ phrase }) => poisonOf(phrase, isDefinition)))
  return [
    ...(score >= OVERRIDE_FROM ? ['inj.override'] : score >= SUSPECT_FROM ? ['inj.suspect'] : []),
    ...(poison >= OVERRIDE_FROM ? ['inj.tool_poisoning'] : []),
  ]
}

const sum = (weights: readonly number[]): number =>
  Math.round(weights.reduce((total, weight) => total + weight, 0) * 100) / 100

function stretchOf(met: readonly Met[], { places }: Normalised): Pick<Span, 'start' | 'end'> {
  const start = Math.min(...met.map((one) => one.start))
  const last = Math.max(...met.map((one) => one.end)) - 1
  return { start: places[start] ?? 0, end: (places[last] ?? 0) + 1 }
}
