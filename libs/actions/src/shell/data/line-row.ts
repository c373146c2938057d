import type { Certainty, FactKind } from '../facts.ts'

/** A program and what its arguments look like, written as one line, when it means this. */
export type LineRow = readonly [
  programs: string,
  line: RegExp,
  kind: FactKind,
  certainty: Certainty,
  why: string,
]
