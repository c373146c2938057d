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
  const met = metIn(normalised, mask)
  if (met.length === 0) return []
  const stretch = stretchOf(met, normalised)
  return signalsOf(met, isDefinition).map((signal) => ({ signal, ...stretch }))
}

function metIn({ text }: Normalised, mask: number): readonly Met[] {
  const places = new Places(text)
  const all: Met[] = []
  for (const phrase of PHRASES) {
    const met = has(mask, phrase) ? meet(phrase, text, places) : null
    if (met !== null) all.push(met)
  }
  return all
}

type Met = { readonly phrase: Phrase; readonly start: number; readonly end: number }

function meet(phrase: Phrase, text: string, places: Places): Met | null {
  return phrase.verb === null ? meetAnywhere(phrase, text) : meetAt(places.of(phrase.verb), phrase, text)
}

/** Not by `matchAll`, which makes another expression each time, and compiles it again after each collection of garbage. */
function meetAnywhere(phrase: Phrase, text: string): Met | null {
  const { pattern } = phrase
  pattern.lastIndex = 0
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const met = { phrase, start: found.index, end: pattern.lastIndex }
    if (!isQuoted(met, text)) return met
  }
  return null
}

function meetAt(places: readonly number[], phrase: Phrase, text: string): Met | null {
  const { pattern } = phrase
  let known = 0
  for (const start of places) {
    pattern.lastIndex = start
    if (start < known || !pattern.test(text)) continue
    known = pattern.lastIndex
    const met = { phrase, start, end: known }
    if (!isQuoted(met, text)) return met
  }
  return null
}

/** An order that stands alone between quotation marks is being talked about, not given. */
const isQuoted = ({ start, end }: Met, text: string): boolean =>
  QUOTES.has(text.charAt(start - 1)) && QUOTES.has(text.charAt(end))

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

/** Where each verb stands in one text. */
class Places {
  readonly #text: string
  readonly #known = new Map<RegExp, readonly number[]>()

  constructor(text: string) {
    this.#text = text
  }

  of(verb: RegExp): readonly number[] {
    const known = this.#known.get(verb)
    if (known !== undefined) return known
    const places: number[] = []
    verb.lastIndex = 0
    while (verb.test(this.#text)) {
      places.push(verb.lastIndex)
      verb.lastIndex += 1
    }
    this.#known.set(verb, places)
    return places
  }
}
