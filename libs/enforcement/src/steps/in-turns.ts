/** Gives everything else in this process its turn. */
export type Turns = { readonly turn: () => Promise<void> }

/** Does work that comes in slices, with a turn for everything else after each. */
export async function inTurns<Result>(work: Generator<void, Result>, { turn }: Turns): Promise<Result> {
  for (;;) {
    const slice = work.next()
    if (slice.done === true) return slice.value
    await turn()
  }
}
