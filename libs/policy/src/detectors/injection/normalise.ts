import { FOLDED, UNSEEN } from '../scan/alphabet.ts'

/** A stretch of text as phrases are looked for in it, and where each of its code units stands in the original. */
export type Normalised = { readonly text: string; readonly places: Int32Array }

/**
 * Lower case, accents and look-alikes folded to Latin, what cannot be seen left out, emphasis left out, white space and underscores
 * evened out to one space, s p a c e d letters joined behind a `§`.
 */
export function normalise(original: string, start: number, end: number): Normalised {
  const writer = new Writer()
  for (let at = start; at < end; at += 1) {
    const code = FOLDED[original.charCodeAt(at)] ?? UNSEEN
    if (code === UNSEEN || EMPHASIS.has(code)) continue
    writer.put(code === UNDERSCORE ? SPACE : code, at)
  }
  return joinSpaced(writer.normalised())
}

const SPACE = 0x20
const UNDERSCORE = 0x5f
/** `*`, `~` and `\` */
const EMPHASIS = new Set([0x2a, 0x7e, 0x5c])

class Writer {
  readonly #codes: number[] = []
  readonly #places: number[] = []

  put(code: number, place: number): void {
    if (code === SPACE && this.#codes.at(-1) === SPACE) return
    this.#codes.push(code)
    this.#places.push(place)
  }

  normalised(): Normalised {
    return { text: textOf(this.#codes), places: Int32Array.from(this.#places) }
  }
}

/** In parts, because a call takes only so many arguments. */
function textOf(codes: readonly number[]): string {
  let text = ''
  for (let at = 0; at < codes.length; at += 4096) text += String.fromCharCode(...codes.slice(at, at + 4096))
  return text
}

/** Six and more single letters with one space, full stop or hyphen between them; wider gaps divide words. */
const SPACED = /(?<![a-z0-9])[a-z](?:[ .-][a-z](?![a-z0-9])){5,400}/g

function joinSpaced(normalised: Normalised): Normalised {
  const runs = [...normalised.text.matchAll(SPACED)]
  if (runs.length === 0) return normalised
  const joined = new Joined(normalised)
  for (const { 0: run, index } of runs) {
    joined.copy(index)
    joined.join(index + run.length)
  }
  joined.copy(normalised.text.length)
  return joined.normalised()
}

class Joined {
  readonly #from: Normalised
  #text = ''
  readonly #places: number[] = []
  #at = 0

  constructor(from: Normalised) {
    this.#from = from
  }

  copy(to: number): void {
    for (; this.#at < to; this.#at += 1) this.#put(this.#from.text.charAt(this.#at))
  }

  /** Every other code unit up to `to` is what stands between two letters. */
  join(to: number): void {
    this.#put(JOINED)
    for (; this.#at < to; this.#at += 2) this.#put(this.#from.text.charAt(this.#at))
    this.#at = to
  }

  normalised(): Normalised {
    return { text: this.#text, places: Int32Array.from(this.#places) }
  }

  #put(letter: string): void {
    this.#text += letter
    this.#places.push(this.#from.places[this.#at] ?? 0)
  }
}

const JOINED = '§'
