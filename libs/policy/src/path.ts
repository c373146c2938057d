import type { Json } from '@writ/contracts'
import { RuleFault } from './rule-fault.ts'

/** The name of a member, an index, or every item. */
export type Step = string | typeof EVERY
export const EVERY: unique symbol = Symbol('every item')

export type ParsedPath = {
  readonly root: string
  readonly steps: readonly Step[]
  readonly hasEvery: boolean
}

/**
 * Takes a path apart: `args.branch`, `args.files.*.path`, `args.headers["content.type"]`. Names between dots are taken as they are;
 * between brackets stands a JSON string, so that any name can be said, `["*"]` included.
 */
export function parsePath(path: string): ParsedPath | RuleFault {
  const root = /^[^.[]+/.exec(path)?.[0] ?? ''
  const steps: Step[] = []
  const step = /\.([^.[\]"]+)|\[("(?:[^"\\]|\\.)*")\]/y
  step.lastIndex = root.length
  while (step.lastIndex < path.length) {
    const [, plain, quoted] = step.exec(path) ?? []
    const name = plain ?? nameIn(quoted)
    if (name === undefined) return new RuleFault(`the path ${path} is malformed`)
    steps.push(plain === '*' ? EVERY : name)
  }
  return { root, steps, hasEvery: steps.includes(EVERY) }
}

function nameIn(quoted: string | undefined): string | undefined {
  try {
    return quoted === undefined ? undefined : String(JSON.parse(quoted))
  } catch {
    return undefined
  }
}

/** Walks by own members and array indexes only, so that `__proto__` or `constructor` reads what was sent and nothing else. */
export function walk(root: Json, steps: readonly string[]): Json | undefined {
  let value: Json | undefined = root
  for (const step of steps) {
    value = memberOf(value, step)
    if (value === undefined) return undefined
  }
  return value
}

/** How many values a path with `*` may have. */
export const MOST_ITEMS = 1000

/**
 * The values of a path with `*`, one for each item of what the star stands on: of a list its items, of an object the values of its
 * members, and anything else counts as a list of one. An item without what the path goes on to ask for counts as null.
 * @returns `undefined` where there is nothing for the star to stand on
 */
export function gather(root: Json, steps: readonly Step[]): readonly Json[] | undefined | RuleFault {
  const [before, after] = split(steps)
  const stand = walk(root, before)
  if (stand === undefined) return undefined
  const found: Json[] = []
  return collect(stand, after, found) ? found : TOO_MANY_ITEMS
}

const TOO_MANY_ITEMS = new RuleFault(`a path with a star has more than ${MOST_ITEMS} values`)

/** @param steps those behind a star */
function collect(stand: Json, steps: readonly Step[], found: Json[]): boolean {
  const [before, after, isLast] = split(steps)
  for (const item of itemsOf(stand)) {
    if (found.length >= MOST_ITEMS) return false
    const value = walk(item, before) ?? null
    if (isLast) found.push(value)
    else if (!collect(value, after, found)) return false
  }
  return true
}

function split(steps: readonly Step[]): readonly [readonly string[], readonly Step[], boolean] {
  const at = steps.indexOf(EVERY)
  const names = (at < 0 ? steps : steps.slice(0, at)).filter((step) => step !== EVERY)
  return [names, at < 0 ? [] : steps.slice(at + 1), at < 0]
}

function itemsOf(stand: Json): readonly Json[] {
  if (typeof stand !== 'object' || stand === null) return [stand]
  return isList(stand) ? stand : Object.values(stand)
}

const INDEX = /^(?:0|[1-9]\d{0,8})$/

/** One step down, by own members and array indexes only; `undefined` where there is nothing. */
export function memberOf(value: Json, step: string): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (isList(value)) return INDEX.test(step) ? value[Number(step)] : undefined
  return Object.hasOwn(value, step) ? value[step] : undefined
}

/** `Array.isArray` for a readonly tree. */
export const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
