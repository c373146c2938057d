/** One of several streams, and how it is ended while it says nothing. */
export type Source = { readonly frames: AsyncIterable<Uint8Array>; readonly stop: () => void }

/**
 * Several streams as one, piece by piece as they come. Of each at most one piece waits for the reader; it ends when all have ended, or when
 * nobody reads on.
 */
export async function* merged(sources: readonly Source[]): AsyncGenerator<Uint8Array> {
  const open = new Map(
    sources.map((source) => [source, nextOf(source, source.frames[Symbol.asyncIterator]())]),
  )
  try {
    while (open.size > 0) {
      const { source, iterator, step } = await Promise.race(open.values())
      open.delete(source)
      if (step.done === true) continue
      // Behind the others: a stream that never pauses does not keep them from being read.
      open.set(source, nextOf(source, iterator))
      yield step.value
    }
  } finally {
    for (const [source, next] of open) end(source, next)
  }
}

type Next = {
  readonly source: Source
  readonly iterator: AsyncIterator<Uint8Array>
  readonly step: IteratorResult<Uint8Array>
}

const nextOf = (source: Source, iterator: AsyncIterator<Uint8Array>): Promise<Next> =>
  iterator.next().then(
    (step) => ({ source, iterator, step }),
    // A stream that fails has ended; why stands in its own record.
    () => ({ source, iterator, step: { done: true, value: undefined } }),
  )

/** Its record closes when its last piece is heard of. */
function end(source: Source, next: Promise<Next>): void {
  source.stop()
  void next.then(({ iterator }) => iterator.return?.()).catch(() => undefined)
}
