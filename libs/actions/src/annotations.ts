import type { ActionClass, JsonObject } from '@writ/contracts'

/**
 * Class of a tool by what its server says of it; null when it says nothing. What is left unsaid takes MCP's own, pessimistic defaults
 * (schema 2025-11-25, ToolAnnotations): not read-only, destructive, open world.
 * `idempotentHint` tells what calling twice does and so changes no class.
 */
export function classOfAnnotations(annotations: JsonObject): ActionClass | null {
  const [isReadOnly, isDestructive, isOpenWorld] = HINTS.map((hint) => hintOf(annotations, hint))
  if (isReadOnly === null && isDestructive === null && isOpenWorld === null) return null
  if (isReadOnly === true) return isOpenWorld === false ? 'read.private' : 'read.untrusted'
  if (isDestructive !== false) return 'destructive'
  return isOpenWorld === false ? 'write.shared' : 'sink.external'
}

/** Annotations know reading, adding and destroying; they have no word for these. */
export const isBeyondAnnotations = (actionClass: ActionClass): boolean => BEYOND.has(actionClass)
const BEYOND: ReadonlySet<ActionClass> = new Set<ActionClass>(['exec', 'money', 'admin', 'credential'])

/** Whether the server itself says that the tool only reads, or that it destroys: then no guess goes before it. */
export const isPlain = (annotations: JsonObject): boolean =>
  hintOf(annotations, 'readOnlyHint') === true || hintOf(annotations, 'destructiveHint') === true

const HINTS = ['readOnlyHint', 'destructiveHint', 'openWorldHint'] as const

function hintOf(annotations: JsonObject, hint: string): boolean | null {
  const value = Object.hasOwn(annotations, hint) ? annotations[hint] : null
  return typeof value === 'boolean' ? value : null
}
