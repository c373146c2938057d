import type { ToolAuthorization, ToolAuthorizations } from '@writ/contracts'

/**
 * Whether everything that `narrower` permits is permitted by `wider` too. Sound, not complete: each entry has to fit into one entry.
 * @param wider null: no bound
 */
export function isWithin(narrower: ToolAuthorizations | null, wider: ToolAuthorizations | null): boolean {
  if (wider === null) return true
  if (narrower === null) return false
  return narrower.every((entry) => wider.some((bound) => isEntryWithin(entry, bound)))
}

function isEntryWithin(entry: ToolAuthorization, bound: ToolAuthorization): boolean {
  return (
    entry.type === bound.type &&
    isSubset(entry.connections, bound.connections, (one, other) => one === other) &&
    isSubset(entry.classes, bound.classes, (one, other) => one === other) &&
    isSubset(entry.tools, bound.tools, isGlobWithin)
  )
}

/** A member that is left out bounds nothing. */
function isSubset<T>(
  part: readonly T[] | undefined,
  whole: readonly T[] | undefined,
  fits: (one: T, other: T) => boolean,
): boolean {
  if (whole === undefined) return true
  return part !== undefined && part.every((one) => whole.some((other) => fits(one, other)))
}

/**
 * Whether every name that `narrower` matches is matched by `wider`; `*` stands for any run of characters. The narrower pattern is read as a
 * text in which its `*` is one more character, which nothing but a `*` of the wider pattern matches: that one stands for all its names.
 */
export function isGlobWithin(narrower: string, wider: string): boolean {
  const parts = wider.split('*')
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return narrower === wider
  if (!narrower.startsWith(first)) return false
  let place = first.length
  for (const part of rest) {
    const found = narrower.indexOf(part, place)
    if (found < 0) return false
    place = found + part.length
  }
  return narrower.length - last.length >= place && narrower.endsWith(last)
}
