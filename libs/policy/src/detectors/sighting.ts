import type { Finding } from '@writ/contracts'
import type { Signal } from './signals.ts'

/** A finding with the kind of place it stands in: only text can be rewritten. For a key, `path` is that of its member. */
export type Sighting = Finding & { readonly signal: Signal; readonly place: 'text' | 'key' | 'number' }

/** A stretch of one text, in UTF-16 code units. */
export type Span = { readonly signal: Signal; readonly start: number; readonly end: number }

/** Looks through one text in time linear in its length. */
export type Detector = (text: string) => readonly Span[]
