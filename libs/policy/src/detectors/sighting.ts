import type { Finding } from '@writ/contracts'
import type { Work } from '../work.ts'
import type { Signal } from './signals.ts'

/** A finding with the kind of place it stands in: only text can be rewritten. For a key, `path` is that of its member. */
export type Sighting = Finding & { readonly signal: Signal; readonly place: 'text' | 'key' | 'number' }

/** A stretch of one text, in UTF-16 code units. */
export type Span = { readonly signal: Signal; readonly start: number; readonly end: number }

/**
 * Looks through one text in time linear in its length, whose bytes were counted before. What costs more than that is taken from
 * `work`. Spans come one by one, so that whoever has seen enough of them can stop.
 */
export type Detector = (text: string, work: Work) => Iterable<Span>

/** The matches of a pattern that mean this signal. */
export function* spansOf(text: string, pattern: RegExp, signal: Signal): Generator<Span> {
  for (const { 0: found, index } of text.matchAll(pattern))
    yield { signal, start: index, end: index + found.length }
}
