import { isWordCode } from './plain-text.ts'
import type { PlainText } from './plain-text.ts'

/** Phrases by their letters. Most places of a text are left after one or two steps. */
export class PhraseTrie {
  readonly #root = nodeOf()
  /** Pairs of letters that phrases begin with, as few bits tell them: most places are left at that. */
  readonly #pairs = new Uint8Array(PAIRS)

  add(letters: string, phrase: string): void {
    if (letters.length < 2) throw new RangeError('a phrase has two letters at least')
    this.#pairs[pairOf(letters.charCodeAt(0), letters.charCodeAt(1))] = 1
    let node = this.#root
    for (let at = 0; at < letters.length; at += 1) {
      const code = letters.charCodeAt(at)
      const next = node.next.get(code) ?? nodeOf()
      node.next.set(code, next)
      node = next
    }
    node.phrase = phrase
  }

  /** Tells of the phrases that begin here and end where a word ends. */
  wholeAt({ codes, length }: PlainText, from: number, found: Found): void {
    if (!this.#mayBegin(codes, from)) return
    let node = this.#root.next.get(codes[from] ?? 0)
    for (let at = from + 1; node !== undefined; at += 1) {
      const isEnd = at === length || !isWordCode(codes[at] ?? 0)
      if (isEnd && node.phrase !== null) found(node.phrase, from, at)
      node = at === length ? undefined : node.next.get(codes[at] ?? 0)
    }
  }

  /** Tells of the longest phrase that begins here. @returns where it ends, or `from` */
  longestAt({ codes, length }: PlainText, from: number, found: Found): number {
    if (!this.#mayBegin(codes, from)) return from
    let end = from
    let phrase: string | null = null
    let node = this.#root.next.get(codes[from] ?? 0)
    for (let at = from + 1; node !== undefined; at += 1) {
      if (node.phrase !== null) {
        end = at
        phrase = node.phrase
      }
      node = at === length ? undefined : node.next.get(codes[at] ?? 0)
    }
    if (phrase !== null) found(phrase, from, end)
    return end
  }

  #mayBegin(codes: Uint16Array, from: number): boolean {
    return this.#pairs[pairOf(codes[from] ?? 0, codes[from + 1] ?? 0)] === 1
  }
}

const PAIRS = 4096
const pairOf = (first: number, second: number): number => ((first & 63) << 6) | (second & 63)

type Found = (phrase: string, from: number, to: number) => void
type Node = { readonly next: Map<number, Node>; phrase: string | null }

const nodeOf = (): Node => ({ next: new Map(), phrase: null })
