import type { Condition } from '@writ/contracts'
import { groupOf, negationOf, Part } from './part.ts'
import { compileFold } from './fold-leaf.ts'
import { compileComparison, readsOwnPatterns } from './leaf.ts'
import type { Scope } from './leaf.ts'
import { Presences } from './presence.ts'
import { RuleFault } from './rule-fault.ts'

/** How deep conditions may nest before the rule counts as one that cannot be compiled. */
export const MAX_CONDITION_DEPTH = 32

/**
 * Compiles conditions into parts, equal parts once. Faults travel as the third value of Kleene's logic: `all` is false as soon as one
 * part is false and `any` true as soon as one part is true, whatever else failed; otherwise the fault wins. So the order of parts never
 * decides, and the cheap ones are asked first; and a rule about one tool is not at fault because of the arguments of another.
 */
export class Conditions {
  readonly #parts = new Map<string, Part | RuleFault>()
  readonly #presences = new Presences()
  #count = 0

  /** @returns a fault when any part cannot be compiled */
  compile(condition: Condition, scope: Scope, depth = 0): Part | RuleFault {
    if (depth > MAX_CONDITION_DEPTH)
      return new RuleFault(`conditions nest deeper than ${MAX_CONDITION_DEPTH}`)
    if ('all' in condition) return this.#group('all', condition.all, scope, depth)
    if ('any' in condition) return this.#group('any', condition.any, scope, depth)
    if ('not' in condition) return this.#negation(this.compile(condition.not, scope, depth + 1))
    if ('path' in condition && condition.op === 'ne')
      return this.#negation(this.compile({ ...condition, op: 'eq' }, scope, depth))
    return this.#interned(keyOfLeaf(condition, scope), (id) => {
      const leaf =
        'path' in condition ? compileComparison(condition, scope) : compileFold(condition, scope.readers)
      return leaf instanceof RuleFault ? leaf : new Part(id, { ...leaf, presence: this.#presences.of(leaf) })
    })
  }

  /** `when` and not `unless`. */
  compileRule(when: Condition, unless: Condition | undefined, scope: Scope): Part | RuleFault {
    return this.compile(unless === undefined ? when : { all: [when, { not: unless }] }, scope)
  }

  #interned(key: string, make: (id: number) => Part | RuleFault): Part | RuleFault {
    const known = this.#parts.get(key)
    if (known !== undefined) return known
    const made = make(this.#count)
    this.#count += 1
    this.#parts.set(key, made)
    return made
  }

  #group(
    kind: 'all' | 'any',
    conditions: readonly Condition[],
    scope: Scope,
    depth: number,
  ): Part | RuleFault {
    const distinct = new Set<Part>()
    for (const condition of conditions) {
      const part = this.compile(condition, scope, depth + 1)
      if (part instanceof RuleFault) return part
      for (const one of part.kind === kind ? part.parts : [part]) distinct.add(one)
    }
    const parts = [...distinct].sort((left, right) => left.cost - right.cost || left.id - right.id)
    const [only] = parts
    if (only !== undefined && parts.length === 1) return only
    const key = `${kind} ${parts.map(({ id }) => id).join(' ')}`
    return this.#interned(key, (id) =>
      groupOf(id, { kind, parts, presence: this.#presences.ofGroup(kind, parts) }),
    )
  }

  #negation(part: Part | RuleFault): Part | RuleFault {
    if (part instanceof RuleFault) return part
    const [inner] = part.parts
    if (part.kind === 'not' && inner !== undefined) return inner
    return this.#interned(`not ${part.id}`, (id) => negationOf(id, part))
  }
}

/** What means the same has one key: a leaf about a policy's own patterns is its alone. */
function keyOfLeaf(condition: Condition, scope: Scope): string {
  const isOwn = 'path' in condition && readsOwnPatterns(condition, scope)
  return `${isOwn ? scope.policy : ''}${JSON.stringify(condition)}`
}
