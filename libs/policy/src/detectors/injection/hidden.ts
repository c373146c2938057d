import { MOST_SIGHTINGS } from '../scan/span-set.ts'
import type { Piece } from '../scan/decode-escapes.ts'
import type { Stretch } from '../scan/sift.ts'
import type { Span } from '../sighting.ts'

/**
 * Characters that a person does not see and a model reads. Emoji, Persian, Indic and bidirectional text use some of them rightly:
 * joiners between such letters do a job, embeddings do among letters that run from right to left, and three flags are made of tags.
 * Not covered: data in the choice between visible look-alikes, in trailing white space, or in a single variation selector after an emoji.
 */
export class HiddenText {
  readonly #text: string
  readonly #isRightToLeft: () => boolean
  readonly #zeroWidth: Span[] = []
  readonly #others: Span[] = []
  #zeroWidthCount = 0

  constructor({ text, from, to }: Pick<Stretch, 'text' | 'from' | 'to'>) {
    this.#text = text
    let known: boolean | null = null
    this.#isRightToLeft = () =>
      (known ??= RIGHT_TO_LEFT.test(text.slice(from, Math.min(to, from + LOOKED_AT))))
  }

  /** @param pieces invisible stretches, in order */
  saw(pieces: readonly Piece[]): void {
    for (const { start, end } of pieces) {
      const stretch = this.#text.slice(start, end)
      if (end - start > 1) {
        this.#tags(stretch, start)
        this.#all(SELECTORS, 'hidden.zero_width', stretch, start)
      }
      this.#bidi(stretch, start)
      this.#zeroWidthIn(stretch, start)
    }
  }

  spans(): readonly Span[] {
    return this.#zeroWidthCount < SUSPICIOUS_COUNT ? this.#others : [...this.#others, ...this.#zeroWidth]
  }

  #tags(stretch: string, start: number): void {
    const isFlag = FLAG.test(stretch) && this.#text.slice(start - 2, start) === BLACK_FLAG
    if (!isFlag) this.#all(TAGS, 'hidden.tags', stretch, start)
  }

  #bidi(stretch: string, start: number): void {
    if (!BIDI.test(stretch)) return
    this.#all(OVERRIDES, 'hidden.bidi', stretch, start)
    if (EMBEDDING.test(stretch) && !this.#isRightToLeft())
      this.#all(EMBEDDINGS, 'hidden.bidi', stretch, start)
  }

  /** Counts over the whole text: a message may be spread over it one character at a time. */
  #zeroWidthIn(stretch: string, start: number): void {
    for (const { 0: found, index } of stretch.matchAll(ZERO_WIDTH)) {
      const at = start + index
      if (!this.#isAmongLatin(at, at + found.length)) continue
      this.#zeroWidthCount += found.length
      if (this.#zeroWidth.length <= MOST_SIGHTINGS)
        this.#zeroWidth.push({ signal: 'hidden.zero_width', start: at, end: at + found.length })
    }
  }

  #isAmongLatin(start: number, end: number): boolean {
    return LATIN.test(this.#text.charAt(start - 1) || ' ') && LATIN.test(this.#text.charAt(end) || ' ')
  }

  #all(shape: RegExp, signal: string, stretch: string, start: number): void {
    for (const { 0: found, index } of stretch.matchAll(shape))
      this.#others.push({ signal, start: start + index, end: start + index + found.length })
  }
}

const SUSPICIOUS_COUNT = 3
const LOOKED_AT = 65_536

const BLACK_FLAG = '\u{1f3f4}'
/** England, Scotland and Wales: the only tag sequences recommended for interchange (UTS #51). */
const FLAG =
  /^\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}/u
const TAGS = /[\u{e0000}-\u{e007f}]+/gu
const BIDI = /[\u202a-\u202e\u2066-\u2068]/
const OVERRIDES = /[\u202d\u202e]/g
const EMBEDDING = /[\u202a\u202b\u2066-\u2068]/
const EMBEDDINGS = /[\u202a\u202b\u2066-\u2068]/g
const SELECTORS = /(?:[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]){3,}/gu
const ZERO_WIDTH = /[\u034f\u115f\u1160\u180e\u200b-\u200d\u2060-\u2064\u3164\ufeff\uffa0]+/g
const LATIN = /[\s\u0021-\u024f\u2010-\u2027]/
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/
