import type { Json, JsonObject } from '@writ/contracts'
import type { Delivered } from './delivered.ts'

/** One line of a mapping: which field of the target says what of the record. `from` is for readers of the documentation. */
export type Row = {
  /** dotted path in the target */
  readonly to: string
  readonly from: string
  /** undefined or null: the field is left out */
  readonly value: (delivered: Delivered) => Json | undefined
}

/** A mapping: `name` changes with the target's form, `version` with ours. */
export type Mapping = {
  readonly name: string
  readonly version: number
  readonly rows: readonly Row[]
}

export const row = (to: string, from: string, value: Row['value']): Row => ({ to, from, value })

/** The fields of the target by their dotted paths, in the order of the rows. */
export function fieldsOf(rows: readonly Row[], delivered: Delivered): Map<string, Json> {
  const fields = new Map<string, Json>()
  for (const { to, value } of rows) {
    const said = value(delivered)
    if (said !== undefined && said !== null) fields.set(to, said)
  }
  return fields
}

/** The same as one tree: every dot opens an object. */
export function treeOf(fields: ReadonlyMap<string, Json>): JsonObject {
  const tree: JsonObject = {}
  return [...fields].reduce((grown, [path, value]) => placed(grown, path.split('.'), value), tree)
}

function placed(tree: JsonObject, [first = '', ...rest]: readonly string[], value: Json): JsonObject {
  if (rest.length === 0) return { ...tree, [first]: value }
  const branch = tree[first]
  return { ...tree, [first]: placed(isBranch(branch) ? branch : {}, rest, value) }
}

const isBranch = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
