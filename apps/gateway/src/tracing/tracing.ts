import type { AnyEntry, Received, Steps } from '@writ/enforcement'

/** Spans of messages, told from outside of mediation: nothing that is decided depends on them. */
export type Tracing = {
  /** Begins the span of a message, where its trace is recorded. */
  readonly begin: (received: Received) => void
  /** The same steps; a call of the upstream is a span below the message's own, and names itself to the upstream. */
  readonly steps: (steps: Steps) => Steps
  /** Ends the span of a message with what its entry says of it. */
  readonly closed: (entry: AnyEntry) => void
  /** Sends what is left, and waits a moment for it. */
  readonly close: () => Promise<void>
}

/** No traces are wanted: what an agent sends in `traceparent` goes on unchanged. */
export const UNTRACED: Tracing = {
  begin: () => {},
  steps: (steps) => steps,
  closed: () => {},
  close: () => Promise.resolve(),
}
