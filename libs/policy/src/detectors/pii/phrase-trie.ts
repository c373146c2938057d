import { isWordCode } from './plain-text.ts'
import type { PlainText } from './plain-text.ts'

/** Phrases by their letters. */
export class PhraseTrie {
  readonly #root = nodeOf()
  add(letters: string, phrase: string): void {
    if (letters.length < 2) throw new RangeError('a phrase has two letters at least')
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
    let node = this.#root.next.get(codes[from] ?? 0)
    for (let at = from + 1; node !== undefined; at += 1) {
      const isEnd = at === length || !isWordCode(codes[at] ?? 0)
      if (isEnd && node.phrase !== null) found(node.phrase, from, at)
      node = at === length ? undefined : node.next.get(codes[at] ?? 0)
    }
  }

  /** Tells of the longest phrase that begins here. @returns where it ends, or `from` */
  longestAt({ codes, length }: PlainText, from: number, found: Found): number {
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
}

type Found = (phrase: string, from: number, to: number) => void
type Node = { readonly next: Map<number, Node>; phrase: string | null }

const nodeOf = (): Node => ({ next: new Map(), phrase: null })
