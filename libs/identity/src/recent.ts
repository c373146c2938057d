/** Remembers the values used most recently, within a bound; forgetting one costs time and never correctness. */
export type Recent<V> = {
  readonly get: (key: string) => V | undefined
  readonly set: (key: string, value: V) => void
}

/** Two generations: a hit in the old one moves up, and a full young one becomes the old one. At most `2 * size` values. */
export function createRecent<V>(size: number): Recent<V> {
  let young = new Map<string, V>()
  let old = new Map<string, V>()
  const set = (key: string, value: V): void => {
    if (young.size >= size) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }
  const promote = (key: string): V | undefined => {
    const value = old.get(key)
    if (value !== undefined) set(key, value)
    return value
  }
  return { get: (key) => young.get(key) ?? promote(key), set }
}
