/** What a configuration says, with objects as maps: no name in a file can reach a prototype. */
export type Value = string | number | boolean | null | readonly Value[] | Table
export type Table = ReadonlyMap<string, Value>

export const isTable = (value: Value | undefined): value is Table => value instanceof Map
export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value)

export const tableAt = (value: Value | undefined, ...names: readonly string[]): Table | null => {
  const found = valueAt(value, ...names)
  return isTable(found) ? found : null
}

export function valueAt(value: Value | undefined, ...names: readonly string[]): Value | undefined {
  let found = value
  for (const name of names) found = isTable(found) ? found.get(name) : undefined
  return found
}

/** The first of the names that holds a text. */
export function textIn(table: Table, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = table.get(name)
    if (typeof value === 'string' && value !== '') return value
  }
  return null
}

export const textsIn = (value: Value | undefined): readonly string[] =>
  isList(value) ? value.filter((item) => typeof item === 'string') : []

/** Name and text of every member that is a text or a number. */
export const pairsIn = (value: Value | undefined): readonly (readonly [string, string])[] =>
  isTable(value)
    ? [...value].flatMap(([name, held]) =>
        typeof held === 'string' || typeof held === 'number' ? [[name, String(held)] as const] : [],
      )
    : []

export const pointerOf = (names: readonly (string | number)[]): string =>
  names.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

const MOST_DEPTH = 64
const MOST_VALUES = 1_000_000

/** Thrown for what is deeper or has more values than anybody writes. Its text holds nothing of the file. */
export class TooMuch extends Error {}

/** A value of a parser, as ours. @throws TooMuch */
export const valueFrom = (raw: unknown): Value => converted(raw, 0, { left: MOST_VALUES })

type Budget = { left: number }

function converted(raw: unknown, depth: number, budget: Budget): Value {
  budget.left -= 1
  if (depth > MOST_DEPTH || budget.left < 0) throw new TooMuch('it is too deep or has too many values')
  if (Array.isArray(raw)) return raw.map((member) => converted(member, depth + 1, budget))
  if (typeof raw !== 'object' || raw === null || raw instanceof Date) return scalarOf(raw)
  const members: readonly (readonly [unknown, unknown])[] =
    raw instanceof Map ? [...raw] : Object.entries(raw)
  return new Map(members.map(([name, member]) => [String(name), converted(member, depth + 1, budget)]))
}

function scalarOf(raw: unknown): Value {
  if (typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean') return raw
  if (raw instanceof Date) return raw.toISOString()
  return typeof raw === 'bigint' ? String(raw) : null
}
