import type { Value } from '../reading/value.ts'
import { isList, isTable, tableAt, textIn, valueAt } from '../reading/value.ts'
import type { Entry } from './entry.ts'
import { entryOf } from './entry.ts'

export type Located = { readonly name: string; readonly pointer: readonly string[]; readonly entry: Entry }

/** Where servers stand in a configuration; `*` is every member. */
export type ServersAt = readonly (readonly string[])[]

/** Every server that a configuration names. */
export const serversIn = (value: Value, places: ServersAt): readonly Located[] =>
  places.flatMap((names) => tablesAt(value, names, []).flatMap(membersOf))

type Found = { readonly table: Value; readonly path: readonly string[] }

function tablesAt(
  value: Value | undefined,
  names: readonly string[],
  path: readonly string[],
): readonly Found[] {
  const [name, ...rest] = names
  if (value === undefined) return []
  if (name === undefined) return [{ table: value, path }]
  if (name !== '*') return tablesAt(valueAt(value, name), rest, [...path, name])
  return isTable(value) ? [...value].flatMap(([key, member]) => tablesAt(member, rest, [...path, key])) : []
}

function membersOf({ table, path }: Found): readonly Located[] {
  const members = isTable(table) ? [...table] : listed(table)
  return members.flatMap(([name, member]) => {
    const entry = entryOf(member)
    return entry === null ? [] : [{ name, pointer: [...path, name], entry }]
  })
}

/** Some clients list servers, each with its name. */
const listed = (value: Value): readonly (readonly [string, Value])[] =>
  isList(value) ? value.map((member, at) => [nameOf(member) ?? String(at), member] as const) : []

const nameOf = (member: Value): string | null => (isTable(member) ? textIn(member, 'name') : null)

const SIGNED_IN = ['serverName', 'server_name', 'serverUrl', 'server_url', 'url', 'mcpServerUrl']

/** Servers for which a store of tokens says that they were signed in to: names and addresses, as the store writes them. */
export const signedInTo = (value: Value): readonly string[] =>
  [value, tableAt(value, 'mcpOAuth'), tableAt(value, 'tokens')]
    .flatMap(itemsOf)
    .flatMap((item) =>
      SIGNED_IN.map((name) => valueAt(item, name)).filter((text) => typeof text === 'string'),
    )

function itemsOf(store: Value): readonly Value[] {
  if (isTable(store)) return [...store.values()]
  return isList(store) ? store : []
}
