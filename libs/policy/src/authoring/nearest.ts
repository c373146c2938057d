/** What was probably meant: the word that the fewest changes lead to, where they are few. @returns null where nothing is near, or it is known itself */
export function nearest(word: string, known: Iterable<string>): string | null {
  if (word.length > LONGEST) return null
  let [best, fewest] = [null as string | null, Math.max(1, Math.floor(word.length / 4)) + 1]
  for (const one of known) {
    if (one.length > LONGEST || Math.abs(one.length - word.length) >= fewest) continue
    const changes = changesBetween(word, one)
    if (changes === 0) return null
    if (changes < fewest) [best, fewest] = [one, changes]
  }
  return best
}

const LONGEST = 64

/** Letters put in, left out, replaced or swapped with their neighbour (restricted Damerau-Levenshtein). */
function changesBetween(left: string, right: string): number {
  let [before, above] = [[] as number[], Array.from({ length: right.length + 1 }, (_, at) => at)]
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const ways = [
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1),
        isSwap(left, right, row, column) ? (before[column - 2] ?? 0) + 1 : Infinity,
      ]
      current.push(Math.min(...ways))
    }
    ;[before, above] = [above, current]
  }
  return above[right.length] ?? 0
}

const isSwap = (left: string, right: string, row: number, column: number): boolean =>
  row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
