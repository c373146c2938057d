import type { Json, JsonObject } from '@writ/contracts'
import { isList, memberOf } from '../path.ts'
import { parsePointer } from '../pointer.ts'
import { RuleFault } from '../rule-fault.ts'
import type { Truth } from '../rule-fault.ts'
import { Work } from '../work.ts'
import { isObject, partsBelow } from './schema-parts.ts'
import type { Part } from './schema-parts.ts'
import { allowsText } from './schema-text.ts'

/** A string leaf before and after it was rewritten. */
export type Change = { readonly before: string; readonly after: string; readonly steps: readonly string[] }

/** Schemas looked at in one check, of all leaves together, and how deep they may lead. */
const MOST_STEPS = 20_000
const MOST_DEPTH = 64

const TOO_MUCH = new RuleFault('cannot be checked: the input schema is too large')
const UNREADABLE = new RuleFault('cannot be checked: the input schema cannot be read there')
const NOT_ALLOWED = new RuleFault('would no longer be what the input schema allows')

/** Walks one input schema along the paths of changed leaves. All work of one walk is paid from one budget. */
export class SchemaWalk {
  readonly #root: JsonObject
  readonly #work = new Work(MOST_STEPS)

  constructor(root: JsonObject) {
    this.#root = root
  }

  faultOf(change: Change): RuleFault | null {
    const allowed = this.#allows({ schema: this.#root, steps: change.steps }, change.after, 0)
    if (allowed !== true) return allowed === false ? NOT_ALLOWED : allowed
    return this.#keeps({ schema: this.#root, steps: change.steps }, change, 0)
  }

  /** What is said about this leaf alone; of alternatives one must allow it. */
  #allows({ schema, steps }: Part, text: string, depth: number): Truth {
    if (depth > MOST_DEPTH || !this.#work.take(1)) return TOO_MUCH
    if (typeof schema === 'boolean') return schema
    if (!isObject(schema)) return UNREADABLE
    const here = steps.length === 0 ? allowsText(schema, text, this.#work) : true
    if (here !== true) return here
    const parts = this.#required(schema, steps)
    if (parts instanceof RuleFault) return parts
    for (const part of parts) {
      const allowed = this.#allows(part, text, depth + 1)
      if (allowed !== true) return allowed
    }
    return this.#someAllow(schema, steps, { text, depth })
  }

  #someAllow(
    schema: JsonObject,
    steps: readonly string[],
    { text, depth }: { readonly text: string; readonly depth: number },
  ): Truth {
    for (const keyword of ALTERNATIVES) {
      const branches = branchesOf(schema, keyword)
      if (branches.length === 0) continue
      const answers = branches.map((branch) => this.#allows({ schema: branch, steps }, text, depth + 1))
      const fault = answers.find((answer) => answer instanceof RuleFault)
      if (fault !== undefined) return fault
      if (!answers.includes(true)) return false
    }
    return true
  }

  /**
   * Which alternative is meant may depend on members that are not looked at. So every one that allowed the text before must allow it now,
   * and where it matters that others do not, none may begin to.
   */
  #keeps({ schema, steps }: Part, change: Change, depth: number): RuleFault | null {
    if (depth > MOST_DEPTH || !this.#work.take(1)) return TOO_MUCH
    if (!isObject(schema)) return null
    const parts = this.#required(schema, steps)
    if (parts instanceof RuleFault) return parts
    for (const part of parts) {
      const fault = this.#keeps(part, change, depth + 1)
      if (fault !== null) return fault
    }
    for (const { keyword, ...branch } of alternativesOf(schema, steps)) {
      const fault = this.#keepsBranch(branch, keyword, change, depth + 1)
      if (fault !== null) return fault
    }
    return null
  }

  #keepsBranch(branch: Part, keyword: string, change: Change, depth: number): RuleFault | null {
    const before = this.#allows(branch, change.before, depth)
    const after = this.#allows(branch, change.after, depth)
    if (before instanceof RuleFault) return before
    if (after instanceof RuleFault) return after
    if (before !== after && (before || EXCLUSIVE.has(keyword))) return NOT_ALLOWED
    return before ? this.#keeps(branch, change, depth) : null
  }

  /** All that must hold of the leaf: parts of the schema with the steps that are left from there. */
  #required(schema: JsonObject, steps: readonly string[]): readonly Part[] | RuleFault {
    if (UNRESOLVABLE.some((keyword) => constrains(schema[keyword]))) return UNREADABLE
    const parts: Part[] = branchesOf(schema, 'allOf').map((branch) => ({ schema: branch, steps }))
    const target = this.#targetOf(schema)
    if (target instanceof RuleFault) return target
    if (target !== undefined) parts.push({ schema: target, steps })
    const below = partsBelow(schema, steps, this.#work)
    return below instanceof RuleFault ? below : [...parts, ...below]
  }

  /** Only references within the schema are followed, nothing is fetched. */
  #targetOf({ $ref: reference }: JsonObject): Json | undefined | RuleFault {
    if (reference === undefined) return undefined
    if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) return UNREADABLE
    let target: Json | undefined = this.#root
    for (const step of parsePointer(decoded(reference.slice(1)))) {
      target = target === undefined || !this.#work.take(1) ? undefined : memberOf(target, step)
    }
    return target ?? UNREADABLE
  }
}

const ALTERNATIVES = ['anyOf', 'oneOf']
const CONDITIONS = ['not', 'if', 'then', 'else', 'contains', 'dependentSchemas', 'dependencies']
const EXCLUSIVE = new Set(['oneOf', 'not', 'if', 'contains'])
const UNRESOLVABLE = ['$dynamicRef', '$recursiveRef', 'unevaluatedProperties', 'unevaluatedItems']

/** `contains` speaks of some item, so what it says begins a step further down. */
const alternativesOf = (
  schema: JsonObject,
  steps: readonly string[],
): readonly (Part & { readonly keyword: string })[] =>
  [...ALTERNATIVES, ...CONDITIONS].flatMap((keyword) =>
    branchesOf(schema, keyword).map((branch) => ({
      keyword,
      schema: branch,
      steps: keyword === 'contains' ? steps.slice(1) : steps,
    })),
  )

/** A schema that is an object, or a reference. */
const constrains = (value: Json | undefined): boolean =>
  typeof value === 'string' || (isObject(value) && Object.keys(value).length > 0)

/** The schemas under a keyword, whether it takes one, a list or a table of them; lists of names are none. */
function branchesOf(schema: JsonObject, keyword: string): readonly Json[] {
  const value = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined
  if (value === undefined) return []
  if (isList(value)) return value
  const isTable = keyword.startsWith('depend')
  return isTable && isObject(value) ? Object.values(value).filter((branch) => !isList(branch)) : [value]
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}
