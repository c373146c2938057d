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

/**
 * Rules that all need the same part to be true: where it is false, none of them matches and none has to be asked. It is a part of each of
 * them, which is then no longer open, or the presence of one, which stays.
 */
export type Batch = { readonly guard: Part | null; readonly candidates: readonly Candidate[] }

/** Groups rules by what the most of them need. */
export function batchesOf(candidates: readonly Candidate[], pool: CandidatePool): readonly Batch[] {
  const uses = new Map<Part, number>()
  for (const candidate of candidates)
    for (const part of [...candidate.open, ...presencesOf(candidate)])
      uses.set(part, (uses.get(part) ?? 0) + 1)
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

/** Without each of these the rule is not true either: whether there is anything to judge. */
function presencesOf({ open }: Candidate): ReadonlySet<Part> {
  const presences = new Set(open.flatMap(({ presence }) => presence ?? []))
  // what is added is looked at in turn
  for (const { presence } of presences) if (presence !== null) presences.add(presence)
  return presences
}

type Uses = ReadonlyMap<Part, number>

/** A part settles more where there is something to judge, and a presence where there is nothing: that has to go for many more rules. */
function guardOf(candidate: Candidate, uses: Uses): Part | null {
  const part = mostUsed(candidate.open, uses)
  const presence = mostUsed(presencesOf(candidate), uses)
  if (part === null || presence === null) return part ?? presence
  return (uses.get(presence) ?? 0) > MANY_MORE * (uses.get(part) ?? 0) ? presence : part
}

const MANY_MORE = 8

/** Null where no two rules need the same. */
function mostUsed(parts: Iterable<Part>, uses: Uses): Part | null {
  let found: Part | null = null
  let most = 1
  for (const part of parts) {
    const count = uses.get(part) ?? 0
    if (count > most) [found, most] = [part, count]
  }
  return found
}

function without(guard: Part, candidate: Candidate, pool: CandidatePool): Candidate {
  const { rule, given, open } = candidate
  if (!open.includes(guard)) return candidate
  return pool.of(
    rule,
    given,
    open.filter((part) => part !== guard),
  )
}
