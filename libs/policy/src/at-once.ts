/** Work that comes in slices, at once: for callers that hold up nobody. */
export function atOnce<Result>(slices: Generator<unknown, Result>): Result {
  for (;;) {
    const { done, value } = slices.next()
    if (done === true) return value
  }
}
