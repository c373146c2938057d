import type { Signal } from './signals.ts'
import type { Span } from './sighting.ts'

/**
 * Looks for one kind of thing around one candidate. The text is passed over once, for all recognisers together: that pass finds the
 * candidates, and a recogniser looks at no more than `REACH` characters on either side of one, so the whole is linear in the text.
 */
export type Recogniser = {
  readonly signals: readonly Signal[]
  /** asked wherever any of these stands */
  readonly triggers: readonly Trigger[]
  /** @param start, end the candidate, in UTF-16 code units; the answer may lie around it, and may repeat an earlier answer */
  readonly recognise: (text: string, start: number, end: number) => readonly Span[]
}

export type Trigger =
  /** an ASCII literal of 1 to 32 characters, lower case, met in any case */
  | { readonly kind: 'literal'; readonly literal: string }
  /**
   * a maximal run of digits with at most one separator (space, no-break space, `.`, `-`, `/`) between two of them; `min` and `max` count digits;
   * one with more digits than `max` comes in parts that begin at each of its groups, and where there is no `max`, in blocks of 256 groups; one
   * of over 64 digits without any separator does not come at all */
  | RunTrigger<'digits'>
  /** a maximal run of ASCII letters and digits that has both; `min` and `max` count characters */
  | RunTrigger<'mixed'>
  /** a maximal run of `[A-Za-z0-9_+/=-]`; `min` and `max` count characters */
  | RunTrigger<'long'>

type RunTrigger<Kind> = {
  readonly kind: Kind
  readonly min: number
  readonly max: number
  /** characters of which one stands right before or behind the run; what has no use for most runs should say so, and is not asked */
  readonly beside?: string
}

/** Characters that a recogniser may look at on either side of its candidate. */
export const REACH = 512

export const literals = (...words: readonly string[]): readonly Trigger[] =>
  words.map((literal) => ({ kind: 'literal', literal }))

/** What the name of a member says about its value, or null where it says nothing: in tool calls the field's name is the strongest sign. */
export type FieldRecogniser = (name: string) => ValueRecogniser | null
export type ValueRecogniser = (value: string) => Signal | null
