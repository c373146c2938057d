import { FOLDED, UNSEEN } from '../scan/alphabet.ts'

/** A stretch of text as phrases are looked for in it, and where each of its code units stands in the original. */
export type Normalised = { readonly text: string; readonly places: Int32Array }

/**
 * Lower case, accents and look-alikes folded to Latin, what cannot be seen left out, emphasis left out, white space and underscores
 * evened out to one space, s p a c e d letters joined behind a `§`.
 */
export function normalise(original: string, start: number, end: number): Normalised {
  const codes = new Uint16Array(end - start)
  const places = new Int32Array(end - start)
  let length = 0
  for (let at = start; at < end; at += 1) {
    const code = PLAIN[original.charCodeAt(at)] ?? NOTHING
    if (code === NOTHING || (code === SPACE && codes[length - 1] === SPACE)) continue
    codes[length] = code
    places[length] = at
    length += 1
  }
  return joinSpaced({ text: textOf(codes.subarray(0, length)), places: places.subarray(0, length) })
}

const SPACE = 0x20
/** What cannot be seen, and the emphasis that `*`, `~` and `\` give. */
const NOTHING = UNSEEN
/** How each code unit is written here. */
const PLAIN = FOLDED.map((code) => {
  if (code === 0x2a || code === 0x7e || code === 0x5c) return NOTHING
  return code === 0x5f ? SPACE : code
})

/** In parts, because a call takes only so many arguments. */
function textOf(codes: Uint16Array): string {
  let text = ''
  for (let at = 0; at < codes.length; at += 4096)
    text += String.fromCharCode(...codes.subarray(at, at + 4096))
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
