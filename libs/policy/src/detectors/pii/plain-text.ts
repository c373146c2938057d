/** Lower case; names of fields fall apart into words: `taxIdNumber`, `tax_id-number` and `tax id number` are the same. */
export const plainWords = (text: string): string =>
  text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[_\-./'’" ]+/g, ' ')

/** The same of a short stretch of a text, written into a row of code units that is used again and again. */
export class PlainText {
  codes: Uint16Array = new Uint16Array(256)
  /** where phrases may begin, in order, and of which kind they are: most of a text is left at that */
  begun: Uint16Array = new Uint16Array(256)
  begunKinds: Uint8Array = new Uint8Array(256)
  begunCount = 0
  #isWord = false
  #isStart = false
  readonly #pairs: LetterPairs
  #length = 0

  constructor(pairs: LetterPairs) {
    this.#pairs = pairs
  }

  get length(): number {
    return this.#length
  }

  write(text: string, start: number, end: number): void {
    this.#clear(2 * (end - start))
    let last = 0
    let isLower = false
    for (let at = start; at < end; at += 1) {
      const unit = text.charCodeAt(at)
      const code = plainOf(unit)
      if (isLower && isUpper(unit)) last = this.#put(SPACE, last)
      isLower = isLowerCase(unit)
      if (code !== SPACE || last !== SPACE) last = this.#put(code, last)
    }
  }

  #clear(most: number): void {
    this.#length = 0
    this.begunCount = 0
    this.#isWord = false
    if (this.codes.length >= most) return
    this.codes = new Uint16Array(most)
    this.begun = new Uint16Array(most)
    this.begunKinds = new Uint8Array(most)
  }

  #put(code: number, last: number): number {
    const kinds = this.#pairs.kindsOf(last, code) & (this.#isStart ? WHOLE | PART : PART)
    if (kinds !== 0 && this.#length > 0) this.#begin(kinds)
    const isWord = isWordCode(code)
    this.#isStart = isWord && !this.#isWord
    this.#isWord = isWord
    this.codes[this.#length++] = code
    return code
  }

  #begin(kinds: number): void {
    this.begun[this.begunCount] = this.#length - 1
    this.begunKinds[this.begunCount] = kinds
    this.begunCount += 1
  }
}

/** Kinds of phrases: those that begin where a word does, and others. */
export const WHOLE = 1
export const PART = 2

/** Pairs of letters that phrases of either kind begin with, as few bits tell them: so some others count as one of them. */
export class LetterPairs {
  readonly #kinds = new Uint8Array(4096)

  add(letters: string, kind: number): void {
    const pair = pairOf(letters.charCodeAt(0), letters.charCodeAt(1))
    this.#kinds[pair] = (this.#kinds[pair] ?? 0) | kind
  }

  kindsOf(first: number, second: number): number {
    return this.#kinds[pairOf(first, second)] ?? 0
  }
}

const pairOf = (first: number, second: number): number => ((first & 63) << 6) | (second & 63)

const plainOf = (unit: number): number => PLAIN[unit] ?? (unit === APOSTROPHE ? SPACE : unit)
const isUpper = (unit: number): boolean => unit >= UPPER_A && unit <= UPPER_Z
const isLowerCase = (unit: number): boolean => unit >= LOWER_A && unit <= LOWER_Z

/** Letters and digits: of ASCII after `PlainText`, and all that is beyond. */
export const isWordCode = (code: number): boolean =>
  (code >= LOWER_A && code <= LOWER_Z) || (code >= 0x30 && code <= 0x39) || code >= 0xaa

const SPACE = 0x20
const APOSTROPHE = 0x2019
const [UPPER_A, UPPER_Z, LOWER_A, LOWER_Z] = [0x41, 0x5a, 0x61, 0x7a]

/** In scripts beyond these, none of the words that are looked for has capitals. */
const LAST_CAPITALS = 0x600
const PLAIN = Uint16Array.from({ length: LAST_CAPITALS }, (_, code) => {
  const lower = String.fromCharCode(code).toLowerCase()
  return /[_\-./'"]/.test(lower) ? SPACE : lower.charCodeAt(0)
})
