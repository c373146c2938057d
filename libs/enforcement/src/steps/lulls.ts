import type { StreamEvent } from '../stages.ts'
import type { Turns } from './in-turns.ts'

export type LullPorts = Turns & {
  /** Settles after so many milliseconds, or as soon as the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

/** No stream goes for longer without being looked at. */
const LULL_MS = 250

/** A server can say tens of thousands of events at once, each of a single byte: everything else gets its turn among them. */
const EVENTS_A_TURN = 32

/** The events of a stream, and null wherever none came for a while. Ends with the events, or when nobody reads on. */
export async function* withLulls(
  events: AsyncIterable<StreamEvent>,
  { pause, turn }: LullPorts,
): AsyncGenerator<StreamEvent | null> {
  const over = new AbortController()
  const lull = () => pause(LULL_MS, over.signal).then(() => 'lull' as const)
  const iterator = events[Symbol.asyncIterator]()
  try {
    let waiting = lull()
    let count = 0
    for (let next = iterator.next(); ;) {
      const got = await Promise.race([next, waiting])
      if (got === 'lull') {
        waiting = lull()
        yield null
        continue
      }
      if (got.done === true) return
      count += 1
      if (count % EVENTS_A_TURN === 0) await turn()
      yield got.value
      next = iterator.next()
    }
  } finally {
    over.abort()
    // Not waited for: it would come only after an event that may never come.
    void iterator.return?.()
  }
}
