/** What a change puts in (`+`) and takes out (`-`), with a line of what stays around it. Empty: no change. */
export function diffOf(before: string | null, after: string | null): readonly string[] {
  const [old, now] = [linesOf(before), linesOf(after)]
  const steps = walked(old, now)
  const isNear = (at: number): boolean =>
    [at - 1, at, at + 1].some((near) => steps[near] !== undefined && !steps[near].startsWith(' '))
  return steps.filter((_, at) => isNear(at))
}

const linesOf = (text: string | null): readonly string[] =>
  text === null || text === '' ? [] : text.replace(/\n$/, '').split('\n')

/** Along a longest common subsequence: configuration files are short. */
function walked(old: readonly string[], now: readonly string[]): readonly string[] {
  const common = lengths(old, now)
  const at = (left: number, right: number): number => common[left]?.[right] ?? 0
  const steps: string[] = []
  let [left, right] = [0, 0]
  while (left < old.length || right < now.length) {
    if (left < old.length && right < now.length && old[left] === now[right]) {
      steps.push(`  ${old[left]}`)
      left++
      right++
    } else if (right < now.length && (left === old.length || at(left, right + 1) >= at(left + 1, right)))
      steps.push(`+ ${now[right++]}`)
    else steps.push(`- ${old[left++]}`)
  }
  return steps
}

function lengths(old: readonly string[], now: readonly string[]): readonly (readonly number[])[] {
  const table = old.map(() => now.map(() => 0).concat(0)).concat([now.map(() => 0).concat(0)])
  for (let left = old.length - 1; left >= 0; left--)
    for (let right = now.length - 1; right >= 0; right--) {
      const row = table[left] ?? []
      const below = table[left + 1] ?? []
      row[right] =
        old[left] === now[right]
          ? (below[right + 1] ?? 0) + 1
          : Math.max(below[right] ?? 0, row[right + 1] ?? 0)
    }
  return table
}
