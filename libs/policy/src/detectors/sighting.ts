import type { Finding } from '@writ/contracts'
import type { RuleFault } from '../rule-fault.ts'
import type { Signal } from './signals.ts'

/** A finding with the kind of place it stands in: only text can be rewritten. For a key, `path` is that of its member. */
export type Sighting = Finding & { readonly signal: Signal; readonly place: 'text' | 'key' | 'number' }

/** A stretch of one text, in UTF-16 code units. */
export type Span = { readonly signal: Signal; readonly start: number; readonly end: number }

/** All that the detectors found in one content. A fault: it could not be inspected whole, and what was not looked at is not clean. */
export type Inspection = {
  /** in document order, then by place in the text; where content was sampled, its tail from the end */
  readonly sightings: readonly Sighting[]
  readonly fault: RuleFault | null
}
