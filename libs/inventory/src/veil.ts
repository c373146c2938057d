import { SECRET_PATTERN } from './credentials/patterns.ts'

const HIDDEN = '[hidden]'

/** A text of a file as it may be shown, with `most` characters at most. */
export type Show = (text: string, most?: number) => string

const SHORTEST = 6
const MOST_SECRETS = 5000
const SECRETS_AT_ONCE = 250

/**
 * Shows names and paths: without what steers a terminal, without what could be a secret, and without the secrets that are known, wherever
 * they stand: a token in `env` may be part of a server's name too. Of known secrets those under 6 characters stay, as they are words.
 */
export function showOf(secrets: readonly string[]): Show {
  // The words of one that has several too: a command line is taken apart at its blanks.
  const known = [...new Set(secrets.flatMap((secret) => [secret, ...secret.split(/\s+/)]))]
    .filter((secret) => secret.length >= SHORTEST)
    .slice(0, MOST_SECRETS)
    .sort((one, other) => other.length - one.length)
  const forms = chunksOf(known, SECRETS_AT_ONCE).map((some) => new RegExp(some.map(formOf).join('|'), 'gi'))
  return (text, most = 128) => {
    const unknown = forms.reduce((rest, form) => rest.replaceAll(form, HIDDEN), text.slice(0, LONGEST))
    return cut(veiled(unknown), most)
  }
}

const LONG_SECRET = 256
const BEGINNING = 64

/** Of a long one also what follows, as a text that is cut may hold only its beginning. */
const formOf = (secret: string): string =>
  secret.length > LONG_SECRET ? `${escaped(secret.slice(0, BEGINNING))}[^]*` : escaped(secret)

/** Longer texts are nobody's names. */
const LONGEST = 2048

/** Never between the halves of a character. Cut last: a part of a secret is not known as one. */
export const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 3).replace(/[\ud800-\udbff]$/, '')}...` : text

const veiled = (text: string): string =>
  text
    .replaceAll(UNPRINTABLE, ' ')
    .replaceAll(SECRET_PATTERN, HIDDEN)
    .replaceAll(/[A-Za-z0-9+=_-]+/g, (run) => (looksRandom(run) ? HIDDEN : run))

/** Control characters, marks that reorder text or do not show, and halves of characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu

/**
 * Whether a run of letters, digits and `-_` was rather made by a generator than by a human: its words change between letters and digits, or
 * between cases, where names do not; or no mouth could say them. Measured on random texts: of 24 characters and more fewer than one in a
 * thousand passes, of letters of one case alone about one in ten.
 */
export function looksRandom(run: string): boolean {
  const odd = run.split(/[^A-Za-z0-9]+/).filter((word) => word.length >= 3 && isOdd(word))
  const oddLetters = odd.reduce((sum, word) => sum + word.length, 0)
  return (
    odd.some((word) => word.length >= 9) ||
    (run.length >= 16 && odd.length >= 2) ||
    (run.length >= 20 && oddLetters >= 7)
  )
}

const isOdd = (word: string): boolean =>
  word.length > 48 || !NAME.test(word) || (word.length >= 12 && UNSAYABLE.test(word))

// Each part ends where it can only end: whatever the word is, it is tried in one way.
const NAME =
  /^(?:[a-z]+\d{0,4}|[A-Z]+\d{0,4}|\d{1,8}|(?:[A-Z]?[a-z]{2,}|[A-Z]{2,})(?:[A-Z][a-z]{2,}|[A-Z]{2,6}(?=[A-Z][a-z]|\d|$)|\d{1,4}(?!\d))*)$/
const UNSAYABLE = /[b-df-hj-np-tv-xz]{6}/i

const chunksOf = (items: readonly string[], size: number): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
