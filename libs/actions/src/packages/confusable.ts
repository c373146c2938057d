/** Letters that are taken for others, folded to one of them; runs of letters first. */
const RUNS: readonly (readonly [RegExp, string])[] = [
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/cl/g, 'd'],
]
const LETTERS: Readonly<Record<string, string>> = {
  0: 'o', 1: 'l', 3: 'e', 5: 's', i: 'l', а: 'a', е: 'e', о: 'o', р: 'p', с: 'c', у: 'y', х: 'x', і: 'l', ѕ: 's',
  ԁ: 'd', ɡ: 'g', ո: 'n', ӏ: 'l', ο: 'o', α: 'a', ν: 'v', ι: 'l', κ: 'k', τ: 't',
} // prettier-ignore

/** What a name looks like at a glance. */
export const glance = (name: string): string =>
  RUNS.reduce((text, [from, to]) => text.replaceAll(from, to), folded(name))
    .replaceAll(/[^a-z]/gu, (letter) => LETTERS[letter] ?? letter)
    .replaceAll('i', 'l')

/** Without separators and scope. */
export const folded = (name: string): string => name.replaceAll(/^@|[-_./]/g, '').toLowerCase()

/** Words that are put around a known name to look official. */
const AFFIX =
  /^(?:node|npm|js|py|python|python3|lib|go|ruby|rust|the|my|real|official|secure|fast|new|easy|types)[-_.]|[-_.](?:js|node|py|python|python3|lib|cli|sdk|api|core|utils?|helper|client|official|secure|latest|next|pro|plus|plugin|dev|v?\d)$/

/** The name without one such word; null where there is none. */
export function withoutAffix(name: string): string | null {
  const bare = name.replace(AFFIX, '')
  return bare === name || bare.length < MIN_BARE ? null : bare
}
const MIN_BARE = 4

/**
 * Optimal string alignment distance (Damerau's, each part edited once), given up beyond `most`.
 * @returns `most + 1` where it is more
 */
export function editDistance(left: string, right: string, most: number): number {
  if (Math.abs(left.length - right.length) > most) return most + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: right.length + 1 }, (_, at) => at)
  for (let row = 1; row <= left.length; row += 1) {
    const now = [row]
    for (let at = 1; at <= right.length; at += 1)
      now.push(cell({ left, right, row, at }, { beforeLast, last, now }))
    if (Math.min(...now) > most) return most + 1
    beforeLast = last
    last = now
  }
  return Math.min(last[right.length] ?? 0, most + 1)
}

type Cell = { readonly left: string; readonly right: string; readonly row: number; readonly at: number }
type Rows = {
  readonly beforeLast: readonly number[]
  readonly last: readonly number[]
  readonly now: readonly number[]
}

function cell({ left, right, row, at }: Cell, { beforeLast, last, now }: Rows): number {
  const isSame = left[row - 1] === right[at - 1]
  const isExchanged = row > 1 && at > 1 && left[row - 1] === right[at - 2] && left[row - 2] === right[at - 1]
  return Math.min(
    (last[at] ?? 0) + 1,
    (now[at - 1] ?? 0) + 1,
    (last[at - 1] ?? 0) + (isSame ? 0 : 1),
    isExchanged ? (beforeLast[at - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
  )
}
