/** The words beside a number that say what it is: phrases as `plainWords` writes them. */
export type Words = readonly string[]

/** Phrases that are looked for beside numbers, of all kinds together, so that the surroundings of a number are read once for all. */
const PHRASES = new Set<string>()
const FIRST_WORDS = new Set<string>()
/** Phrases that may begin or end inside a word: those with an asterisk, and those of scripts and languages that join words. */
const PARTS = new Map<string, string>()

/** Declares words. Phrases of ASCII letters match whole words; an asterisk lets a word begin earlier or go on. */
export function anyOf(...words: readonly [string, ...(readonly string[])]): Words {
  for (const word of words) {
    if (/^[a-z0-9 ]+$/.test(word)) {
      PHRASES.add(word)
      FIRST_WORDS.add(word.split(' ')[0] ?? '')
    } else PARTS.set(word.replaceAll('*', ''), word)
  }
  return words
}

/** Declares words that stand beside numbers of every kind, and so claim none. */
export function vague(...words: readonly [string, ...(readonly string[])]): Words {
  for (const word of words) VAGUE.add(word)
  return anyOf(...words)
}

const VAGUE = new Set<string>()

/** Lower case; names of fields fall apart into words: `taxIdNumber`, `tax_id-number` and `tax id number` are the same. */
export const plainWords = (text: string): string =>
  text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[_\-./'’" ]+/g, ' ')

/** How far away each phrase is, in characters; those behind the number count as farther than any before it. */
export type Surroundings = ReadonlyMap<string, number>

export function surroundingsOf(text: string, start: number, end: number): Surroundings {
  if (isBare(text, start, end)) return NOTHING
  const found = new Map<string, number>()
  collect(plainWords(text.slice(end, end + AFTER)), found, (from) => BEFORE + from)
  const before = plainWords(text.slice(Math.max(0, start - BEFORE), start))
  collect(before, found, (_, to) => before.length - to)
  return found
}

const NOTHING: Surroundings = new Map()

/** Whether no letter stands near enough to be of a word. Every phrase has one. */
export function isBare(text: string, start: number, end: number): boolean {
  const last = Math.min(text.length, end + AFTER)
  for (let at = Math.max(0, start - BEFORE); at < last; at += 1) {
    const code = text.charCodeAt(at)
    if (code > NO_LETTERS && code !== NO_BREAK_SPACE) return false
  }
  return true
}

/** Up to the colon, ASCII has no letters. */
const NO_LETTERS = 58
const NO_BREAK_SPACE = 0xa0

/** Characters. */
const BEFORE = 72
const AFTER = 32

/** What the name of a field says, as if it stood before the value. */
export const wordsOfName = (name: string): Surroundings => surroundingsOf(name, name.length, name.length)

/** `Infinity` where none of the words stands. */
export function distanceOf(words: Words, surroundings: Surroundings): number {
  if (surroundings.size === 0) return Infinity
  return Math.min(...words.map((word) => surroundings.get(word) ?? Infinity))
}

/** The nearest of all words that claim a number. */
export function nearestIn(surroundings: Surroundings): number {
  let nearest = Infinity
  for (const [phrase, distance] of surroundings) if (!VAGUE.has(phrase)) nearest = Math.min(nearest, distance)
  return nearest
}

type Distance = (from: number, to: number) => number

function collect(plain: string, found: Map<string, number>, distance: Distance): void {
  const note = (phrase: string, from: number, to: number): void => {
    found.set(phrase, Math.min(found.get(phrase) ?? Infinity, distance(from, to)))
  }
  for (const { 0: word, index } of plain.matchAll(WORD)) {
    if (FIRST_WORDS.has(word))
      for (const phrase of phrasesAt(plain, index)) note(phrase, index, index + phrase.length)
  }
  for (const { 0: part, index } of plain.matchAll(
    ASCII.test(plain) ? partsPatterns().ofAscii : partsPatterns().ofAll,
  ))
    note(PARTS.get(part) ?? part, index, index + part.length)
}

const WORD = /[a-z0-9\u00aa-\uffff]+/g

/** One, two and three words from here on. */
function* phrasesAt(plain: string, at: number): Generator<string> {
  PHRASE.lastIndex = at
  const words = PHRASE.exec(plain)?.[0].split(' ') ?? []
  for (let count = 1; count <= words.length; count += 1) {
    const phrase = words.slice(0, count).join(' ')
    if (PHRASES.has(phrase)) yield phrase
  }
}

const PHRASE = /[a-z0-9\u00aa-\uffff]+(?: [a-z0-9\u00aa-\uffff]+){0,2}/y

const ASCII = /^[\0-\x7f]*$/

type PartsPatterns = { readonly ofAll: RegExp; readonly ofAscii: RegExp; readonly known: number }
let parts: PartsPatterns | null = null

/** In a text of ASCII alone, other parts need not be looked for. Made again only while kinds are still being declared. */
function partsPatterns(): PartsPatterns {
  if (parts === null || parts.known !== PARTS.size) {
    const all = [...PARTS.keys()]
    parts = {
      ofAll: oneOf(all),
      ofAscii: oneOf(all.filter((part) => ASCII.test(part))),
      known: PARTS.size,
    }
  }
  return parts
}

/** Longer parts first. */
const oneOf = (parted: readonly string[]): RegExp =>
  new RegExp(parted.toSorted((left, right) => right.length - left.length).join('|') || '(?!)', 'g')
