import type { Json } from '@writ/contracts'

/** A stored record as JSON has it, whatever it is: damage must not stop a pack from naming it. Null for what is no JSON. */
export function treeOf(bytes: Buffer): Json {
  try {
    const tree: Json = JSON.parse(bytes.toString('utf8'))
    return tree
  } catch {
    return null
  }
}

/** The member that a path of names leads to; of a list, by its number. */
export function memberAt(tree: Json, path: readonly string[]): Json | undefined {
  let found: Json | undefined = tree
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = Reflect.get(found, name)
  }
  return found
}

export function textAt(tree: Json, ...path: readonly string[]): string | null {
  const found = memberAt(tree, path)
  return typeof found === 'string' ? found : null
}

/** A number that counts something: whole, not negative, and exact. */
export function countAt(tree: Json, ...path: readonly string[]): number | null {
  const found = memberAt(tree, path)
  return typeof found === 'number' && Number.isSafeInteger(found) && found >= 0 ? found : null
}

/** A text that is all of one form. */
export function shapeAt(tree: Json, shape: RegExp, ...path: readonly string[]): string | null {
  const text = textAt(tree, ...path)
  return text !== null && shape.test(text) ? text : null
}

export function listAt(tree: Json, ...path: readonly string[]): readonly Json[] {
  const found = memberAt(tree, path)
  return Array.isArray(found) ? found : []
}
