import type { Lowering } from './lowering.ts'
import { compared } from './term.ts'
import type { Field } from './term.ts'
import type { Truth } from './truth.ts'

export type Scalar = string | number | boolean

/** Asks a list of the request; a word that never stands in it is a misspelt one. */
export function ofList(
  field: Field,
  op: 'has' | 'hasAll' | 'hasAny' | 'subsetOf',
  value: Scalar | readonly Scalar[],
  how: Lowering,
): Truth {
  const { path, words } = field
  const stranger = [value].flat().find((one) => words !== undefined && !words.includes(String(one)))
  if (stranger !== undefined) return how.refuseTruth(`${path} never holds ${JSON.stringify(stranger)}`)
  return compared(field)({ path, op, value: typeof value === 'object' ? [...value] : value })
}
