import { readFilter } from './filter.ts'
import { isResource } from './resource.ts'
import type { Operation, ScimResource } from './resource.ts'
import { invalidValue, ScimError } from './scim-error.ts'

// A group may have thousands of members: they are read here, and not by the library, which looks at each of them again with every operation.

/** A group as a directory sends it, without its members, and the ids of those. @throws ScimError */
export function apart(sent: ScimResource): {
  readonly group: ScimResource
  readonly members: readonly string[]
} {
  const [lists, rest] = divided(Object.entries(sent), ([name]) => name.toLowerCase() === 'members')
  if (lists.length > 1) throw invalidValue('members are there more than once')
  const [, list = []] = lists[0] ?? []
  if (!Array.isArray(list)) throw invalidValue('members must be a list')
  return { group: Object.fromEntries(rest), members: idsIn(list) }
}

/** The operations of a PATCH that are about members, and the others. */
export const aboutMembers = (operations: readonly Operation[]): [about: Operation[], others: Operation[]] =>
  divided(operations, ({ path }) => path !== undefined && /^members\b/i.test(path))

/** Members after such operations, in the forms of the standard and of the large directories. @throws ScimError */
export function patchedMembers(
  before: readonly string[],
  operations: readonly Operation[],
): readonly string[] {
  const members = new Set(before)
  for (const { op, path = '', value } of operations) {
    const named = namedBy(path, op, value)
    if (op === 'replace' || named === null) members.clear()
    for (const id of named ?? [])
      if (op === 'remove') members.delete(id)
      else members.add(id)
  }
  return [...members]
}

/** Whom an operation adds, removes or puts in the place of all; null: everybody is removed. */
function namedBy(path: string, op: Operation['op'], value: unknown): readonly string[] | null {
  if (path.toLowerCase() !== 'members') return namedInPath(path, op)
  if (op === 'remove' && value === undefined) return null
  return idsIn(Array.isArray(value) ? value : [value])
}

/** `members[value eq "…"]`, one or several joined by `or`. */
function namedInPath(path: string, op: Operation['op']): readonly string[] {
  const [, filter] = /^members\[(.*)\]$/is.exec(path) ?? []
  const comparisons = op === 'remove' && filter !== undefined ? readFilter(filter, 'or') : []
  if (comparisons.length === 0 || comparisons.some(({ attribute }) => attribute !== 'value'))
    throw new ScimError(400, 'invalidPath', 'members are named by members[value eq "…"], to be removed')
  return comparisons.map(({ value }) => value)
}

const idsIn = (list: readonly unknown[]): readonly string[] => [...new Set(list.map(idOf))]

function idOf(member: unknown): string {
  const entries = isResource(member) ? Object.entries(member) : []
  const id = entries.find(([name]) => name.toLowerCase() === 'value')?.[1]
  if (typeof id !== 'string') throw invalidValue('a member is an object with the id of a user as its value')
  return id
}

function divided<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
