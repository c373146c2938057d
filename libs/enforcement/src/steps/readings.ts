/** So much is read in one slice, in UTF-16 code units. */
const PIECE = 32_768
/** of `\u0041`, in UTF-16 code units */
const LONGEST_ESCAPE = 6

/** A text as it stands, as a reader of JSON sees it, and as one sees it that resolves what an escape made, too. In slices. */
export function* readingsOf(text: string): Generator<void, readonly string[]> {
  const resolved = yield* withMeant(text, /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g)
  const spelled = yield* withMeant(text, /\\u([0-9a-f]{4})()/gi)
  const bare = yield* withMeant(spelled, /\\()([/"\\])/g)
  return [...new Set([text, resolved, bare])]
}

/** With what escapes mean in their place. @param escape has two groups: the number of a character, and its letter */
function* withMeant(text: string, escape: RegExp): Generator<void, string> {
  const parts: string[] = []
  for (let from = 0; from < text.length;) {
    const piece = text.slice(from, from + PIECE + LONGEST_ESCAPE - 1)
    let end = Math.min(PIECE, piece.length)
    const read = piece.replaceAll(escape, (spelled: string, code = '', letter = '', at = 0) => {
      if (at >= PIECE) return spelled
      end = Math.max(end, at + spelled.length)
      return meantBy(code, letter)
    })
    // What begins after the end of this piece was left as it is, for the next one.
    parts.push(read.slice(0, read.length - (piece.length - end)))
    from += end
    if (from < text.length) yield
  }
  return parts.join('')
}

const meantBy = (code: string, letter: string): string =>
  code === '' ? (SPACES[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16))

const SPACES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
