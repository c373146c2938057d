/** Finds one text in another, like `text.indexOf(wanted, from)`. */
export type Search = (text: Searched, from: number) => number

/** What a search needs of a text. */
export type Searched = Pick<string, 'length' | 'charCodeAt' | 'indexOf'>

/**
 * Takes time linear in the text, whatever is wanted: Knuth, Morris and Pratt (SIAM J. Comput. 6(2), 1977), because the engine's own
 * search is quadratic at worst (`aaabaaa` in a text of `a`). For a short wanted text that worst case is harmless and the engine is faster:
 * it says where the first characters of a longer one stand, which in most texts is nowhere.
 */
export function searchFor(wanted: string): Search {
  if (wanted.length <= SHORT) return (text, from) => text.indexOf(wanted, from)
  const codes = Uint16Array.from(wanted, (_, at) => wanted.charCodeAt(at))
  const fallbacks = fallbacksOf(codes)
  const first = wanted.slice(0, SHORT)
  return (text, from) => {
    const start = text.indexOf(first, from)
    return start < 0 ? start : find(text, start, codes, fallbacks)
  }
}

const SHORT = 8

/** Each step takes one character or falls back to fewer held ones, hence at most two steps for each character. */
function find(text: Searched, from: number, codes: Uint16Array, fallbacks: Int32Array): number {
  let held = 0
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    while (held >= 0 && codes[held] !== code) held = fallbacks[held] ?? NOTHING
    held += 1
    if (held === codes.length) return at + 1 - held
  }
  return -1
}

const NOTHING = -1

/** For a character that does not continue the first `n`: how many still hold, were it another one than comes next. */
function fallbacksOf(codes: Uint16Array): Int32Array {
  const fallbacks = new Int32Array(codes.length).fill(NOTHING)
  let border = 0
  for (let at = 1; at < codes.length; at += 1) {
    fallbacks[at] = codes[at] === codes[border] ? (fallbacks[border] ?? NOTHING) : border
    while (border >= 0 && codes[border] !== codes[at]) border = fallbacks[border] ?? NOTHING
    border += 1
  }
  return fallbacks
}
