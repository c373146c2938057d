import type { Draft } from './draft.suite.ts'
import type { Stage } from './stage.suite.ts'

/** One change to a valid request that makes it invalid. */
export type Row = {
  readonly id: string
  readonly title: string
  /** the valid request: it passes after the changed one was refused, with the same single-use values */
  readonly valid: (stage: Stage) => Draft | Promise<Draft>
  readonly change: (draft: Draft, stage: Stage) => Draft | Promise<Draft>
  readonly expected: readonly [status: number, error: string]
  /** true: what makes it invalid is something that happened, so the valid request does not pass any more either */
  readonly isOver?: true
}

/** Rows that start from the same valid request. */
export const rowsFrom =
  (valid: Row['valid']) =>
  (id: string, title: string, change: Row['change'], expected: Row['expected'], isOver?: true): Row => ({
    id,
    title,
    valid,
    change,
    expected,
    ...(isOver && { isOver }),
  })
