import type { CompiledRule } from './compiled-rule.ts'
import type { Part } from './part.ts'
import type { Truth } from './rule-fault.ts'

/** What is left of a rule once a part of its answer is known: it is true when all that is open is true as well. */
export type Candidate = {
  readonly rule: CompiledRule
  /** what is known: a fault for a rule that could not be compiled */
  readonly given: Truth
  readonly open: readonly Part[]
}

/** Every candidate once, in however many selections: each of them then takes no more than a reference to it. */
export class CandidatePool {
  readonly #known = new Map<string, Candidate>()

  of(rule: CompiledRule, given: Truth, open: readonly Part[]): Candidate {
    const key = `${rule.ordinal} ${open.map(({ id }) => id).join(' ')}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.#known.size >= MOST_POOLED) this.#known.clear()
    const candidate = { rule, given, open }
    this.#known.set(key, candidate)
    return candidate
  }
}

const MOST_POOLED = 8192

/** Rules that all need the same part to be true: where it is false, none of them matches and none has to be asked. */
export type Batch = { readonly guard: Part | null; readonly candidates: readonly Candidate[] }

/** Groups rules by the part that the most of them need, which is then no longer open. */
export function batchesOf(candidates: readonly Candidate[], pool: CandidatePool): readonly Batch[] {
  const uses = new Map<Part, number>()
  for (const { open } of candidates) for (const part of open) uses.set(part, (uses.get(part) ?? 0) + 1)
  const batches = new Map<Part | null, Candidate[]>()
  for (const candidate of candidates) {
    const guard = guardOf(candidate, uses)
    const member = guard === null ? candidate : without(guard, candidate, pool)
    const batch = batches.get(guard)
    if (batch === undefined) batches.set(guard, [member])
    else batch.push(member)
  }
  return [...batches].map(([guard, batch]) => ({ guard, candidates: batch }))
}

function guardOf({ open }: Candidate, uses: ReadonlyMap<Part, number>): Part | null {
  let guard: Part | null = null
  let most = 1
  for (const part of open) {
    const count = uses.get(part) ?? 0
    if (count > most) [guard, most] = [part, count]
  }
  return guard
}

function without(guard: Part, { rule, given, open }: Candidate, pool: CandidatePool): Candidate {
  return pool.of(
    rule,
    given,
    open.filter((part) => part !== guard),
  )
}
