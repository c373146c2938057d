import { PhraseTrie } from './phrase-trie.ts'
import { LetterPairs, PART, PlainText, WHOLE } from './plain-text.ts'

/** The words beside a number that say what it is: phrases as `PlainText` writes them. */
export type Words = ReadonlySet<string>

/** What any of the phrases begins with. */
const PAIRS = new LetterPairs()
/** Phrases that are looked for beside numbers, of all kinds together, so that the surroundings of a number are read once for all. */
const PHRASES = new PhraseTrie()
/** Phrases that may begin or end inside a word: those with an asterisk, and those of scripts and languages that join words. */
const PARTS = new PhraseTrie()

/** Declares words. Phrases of ASCII letters match whole words; an asterisk lets a word begin earlier or go on. */
export function anyOf(...words: readonly [string, ...(readonly string[])]): Words {
  for (const word of words) {
    if (/^[a-z0-9 ]+$/.test(word)) declare(PHRASES, WHOLE, word, word)
    else declare(PARTS, PART, word.replaceAll('*', ''), word)
  }
  return new Set(words)
}

function declare(phrases: PhraseTrie, kind: number, letters: string, word: string): void {
  phrases.add(letters, word)
  PAIRS.add(letters, kind)
}

/** Declares words that stand beside numbers of every kind, and so claim none. */
export function vague(...words: readonly [string, ...(readonly string[])]): Words {
  for (const word of words) VAGUE.add(word)
  return anyOf(...words)
}

const VAGUE = new Set<string>()

/** How far away phrases are, in characters; those behind the number count as farther than any before it. */
export type Surroundings = readonly Near[]
type Near = { readonly phrase: string; readonly distance: number }

export function surroundingsOf(text: string, start: number, end: number): Surroundings {
  if (isBare(text, start, end)) return NOTHING
  const found: Near[] = []
  PLAIN.write(text, end, Math.min(text.length, end + AFTER))
  collect(PLAIN, (phrase, from) => found.push({ phrase, distance: BEFORE + from }))
  PLAIN.write(text, Math.max(0, start - BEFORE), start)
  collect(PLAIN, (phrase, _, to) => found.push({ phrase, distance: PLAIN.length - to }))
  return found
}

const NOTHING: Surroundings = []
/** Written over for each number: millions of them would make as many short strings. */
const PLAIN = new PlainText(PAIRS)

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
  let nearest = Infinity
  for (const { phrase, distance } of surroundings)
    if (distance < nearest && words.has(phrase)) nearest = distance
  return nearest
}

/** The nearest of all words that claim a number. */
export function nearestIn(surroundings: Surroundings): number {
  let nearest = Infinity
  for (const { phrase, distance } of surroundings)
    if (distance < nearest && !VAGUE.has(phrase)) nearest = distance
  return nearest
}

type Found = (phrase: string, from: number, to: number) => void

function collect(plain: PlainText, found: Found): void {
  const { begun, begunKinds, begunCount } = plain
  let partsKnown = 0
  for (let next = 0; next < begunCount; next += 1) {
    const at = begun[next] ?? 0
    const kinds = begunKinds[next] ?? 0
    if ((kinds & WHOLE) !== 0) PHRASES.wholeAt(plain, at, found)
    if ((kinds & PART) !== 0 && at >= partsKnown) partsKnown = PARTS.longestAt(plain, at, found)
  }
}
