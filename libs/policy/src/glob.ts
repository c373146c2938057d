/**
 * `*` is any run of characters, `/` included; every other character is itself, and `\*` is a star.
 * One wildcard and no more, so that a deny on `release/*` also covers `release/a/b`.
 * The literal pieces are searched from left to right, each once: linear in the text.
 */
export function globOf(pattern: string): (text: string) => boolean {
  const pieces = piecesOf(pattern)
  const first = pieces[0] ?? ''
  if (pieces.length === 1) return (text) => text === first
  const last = pieces.at(-1) ?? ''
  const middle = pieces.slice(1, -1)
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
      return false
    return standInOrder(middle, text, first.length, text.length - last.length)
  }
}

/** Number of characters that the pattern fixes: the more, the more specific it is. */
export const fixedLength = (pattern: string): number => piecesOf(pattern).join('').length

function piecesOf(pattern: string): string[] {
  const pieces = ['']
  for (let at = 0; at < pattern.length; at += 1) {
    const escaped = pattern[at] === '\\' && pattern[at + 1] === '*'
    if (escaped) at += 1
    if (pattern[at] === '*' && !escaped) pieces.push('')
    else pieces.push(`${pieces.pop()}${pattern[at]}`)
  }
  return pieces
}

function standInOrder(pieces: readonly string[], text: string, from: number, until: number): boolean {
  let at = from
  for (const piece of pieces) {
    const found = text.indexOf(piece, at)
    if (found < 0 || found + piece.length > until) return false
    at = found + piece.length
  }
  return true
}
