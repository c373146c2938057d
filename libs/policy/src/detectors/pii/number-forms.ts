import type { NumberKind } from './number-kind.ts'

/** Groups of digits that a number may be written in, at most. */
export const MOST_GROUPS = 12

/**
 * The known forms as paths: a step for each group, by its length. A path is a number, 0 the one that leads nowhere; it begins at 0 too.
 */
export class NumberForms {
  /** by path and length */
  readonly #steps: number[] = []
  readonly #endingAt: NumberKind[][] = [[]]
  readonly #ofLength: NumberKind[][] = []

  constructor(kinds: readonly NumberKind[]) {
    for (const kind of kinds) {
      for (const form of kind.forms) this.#add(form.split('-').map(Number), kind)
    }
  }

  /** The path onward over a group of so many digits; 0 where no form has it. */
  below(path: number, length: number): number {
    return length >= WIDTH ? 0 : (this.#steps[path * WIDTH + length] ?? 0)
  }

  /** Kinds that are written so. */
  endingAt(path: number): readonly NumberKind[] {
    return this.#endingAt[path] ?? NOBODY
  }

  /** Kinds that have so many digits in all. */
  ofLength(digits: number): readonly NumberKind[] {
    return this.#ofLength[digits] ?? NOBODY
  }

  #add(lengths: readonly number[], kind: NumberKind): void {
    let path = 0
    for (const length of lengths) path = this.#made(path, length)
    addOnce((this.#endingAt[path] ??= []), kind)
    addOnce((this.#ofLength[lengths.reduce((sum, length) => sum + length, 0)] ??= []), kind)
  }

  #made(path: number, length: number): number {
    const known = this.below(path, length)
    if (known !== 0) return known
    this.#endingAt.push([])
    this.#steps[path * WIDTH + length] = this.#endingAt.length - 1
    return this.#endingAt.length - 1
  }
}

/** More than the longest group of any form. */
const WIDTH = 32
const NOBODY: readonly NumberKind[] = []

function addOnce(kinds: NumberKind[], kind: NumberKind): void {
  if (!kinds.includes(kind)) kinds.push(kind)
}
