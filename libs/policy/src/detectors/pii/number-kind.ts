import type { Trigger } from '../recogniser.ts'
import type { Words } from './context.ts'

/** One kind of number, e.g. the NHS number. */
export type NumberKind = {
  readonly signal: string
  /** lengths of the groups that it is written in, e.g. `['10', '3-3-4']`; with words beside it, any grouping of as many digits is taken */
  readonly forms: readonly string[]
  /** check digits and ranges, over the digits alone */
  readonly isValid: (digits: string) => boolean
  /** the words beside it that say what it is, made by `anyOf` */
  readonly words: Words
  /** the notations that are so particular that no word is needed; null: one is always needed */
  readonly alone: RegExp | null
  /** a rule that holds of what is issued today, and is asked where no word speaks for it */
  readonly isLikely?: (digits: string) => boolean
  /** words beside it that say that it is something else, where no word speaks for it */
  readonly against?: Words
  /** has no check, so a kind that has one and a word beside it is meant before this one, wherever their words stand */
  readonly isWeak?: boolean
  /** may stand amid other numbers without a word */
  readonly isTakenAmid?: boolean
}

/** One kind of code made of letters and digits, e.g. the Italian codice fiscale. */
export type CodeKind = {
  readonly signal: string
  /** where to look for it */
  readonly triggers: readonly Trigger[]
  /** characters from the candidate's start to the code's start, e.g. -3; 0 unless told */
  readonly offsets?: readonly number[]
  /** characters of which one stands right before or behind the candidate */
  readonly beside?: string
  /** sticky, of bounded length, with boundaries of its own; it ends in the group `code` where that is not the whole */
  readonly shape: RegExp
  /** over the code in upper case, without separators */
  readonly isValid: (compact: string) => boolean
  /** null where `shape` asks for the words itself */
  readonly words: Words | null
  /** the notations that need no word */
  readonly alone: RegExp | null
}
