const MAX_NAME = 256

/** `createIssue`, `create-issue`, `github.create_issue`, `HTTPPost` to their words, lower case. */
export function wordsOf(name: string): readonly string[] {
  return name
    .slice(0, MAX_NAME)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]/)
    .filter((word) => word !== '')
}

/** A table from word to meaning, written the other way round: per meaning a text of words. */
export const tableOf = <M extends string>(
  meanings: readonly M[],
  rows: Partial<Record<M, string>>,
): ReadonlyMap<string, M> =>
  new Map(
    meanings.flatMap((meaning) => (rows[meaning]?.split(' ') ?? []).map((word) => [word, meaning] as const)),
  )
