import type { Position, Steps } from '../positions.ts'

/** `error`: the rule cannot do what it says. `warning`: it hardly does what was meant. `note`: worth knowing. */
export type LintLevel = 'error' | 'warning' | 'note'

export type LintCode =
  | 'duplicate-rule'
  | 'fault'
  | 'contradiction'
  | 'never-holds'
  | 'always-errs'
  | 'cancelled'
  | 'unreachable'
  | 'unknown-argument'
  | 'unused-pattern'
  | 'shadowed-flag'
  | 'idle-allow'
  | 'unanswerable-ask'
  | 'no-baseline'
  | 'repeated-elsewhere'
  | 'untested'

/** One remark on a policy. `rule` is null where it is about the document as a whole. */
export type LintFinding = {
  readonly level: LintLevel
  readonly code: LintCode
  readonly rule: string | null
  /** place in the document, e.g. `rules[2].when.all[0]` */
  readonly path: string
  readonly message: string
} & Partial<Position>

/** A remark before it is known where its place is written. */
export type Remark = Omit<LintFinding, 'path' | 'line' | 'column'> & { readonly steps: Steps }
