import type { Facts } from './facts.ts'
import type { Leaf, Test } from './leaf.ts'
import { NOT_KNOWN, RuleFault } from './rule-fault.ts'
import type { Truth } from './rule-fault.ts'

type Kind = 'leaf' | 'all' | 'any' | 'not'
type Making = Leaf & { readonly kind: Kind; readonly parts: readonly Part[]; readonly presence: Part | null }

/** A part of a condition, once for all rules that have it. It remembers its last answer, which counts for one asking only. */
export class Part {
  readonly id: number
  readonly kind: Kind
  readonly parts: readonly Part[]
  readonly reads: number
  readonly cost: number
  /** where that is false this is as well: it asks whether there is anything to judge. Null where nobody can say so beforehand */
  readonly presence: Part | null
  /** what has to be known for the test to be asked; a group asks its parts, which know themselves */
  readonly #needs: number
  readonly #test: Test
  #generation = 0
  #truth: Truth = false

  constructor(id: number, { kind, parts, reads, cost, test, presence }: Leaf & Partial<Making>) {
    this.id = id
    this.kind = kind ?? 'leaf'
    this.parts = parts ?? []
    this.reads = reads
    this.cost = cost
    this.presence = presence ?? null
    this.#needs = kind === undefined ? reads : 0
    this.#test = test
  }

  ask(facts: Facts): Truth {
    if (this.#generation === facts.generation) return this.#truth
    const truth = (this.#needs & ~facts.known) === 0 ? this.#test(facts) : NOT_KNOWN
    this.#generation = facts.generation
    this.#truth = truth
    return truth
  }
}

export type Group = {
  readonly kind: 'all' | 'any'
  readonly parts: readonly Part[]
  readonly presence: Part | null
}

export function groupOf(id: number, { kind, parts, presence }: Group): Part {
  const reads = parts.reduce((sum, part) => sum | part.reads, 0)
  const cost = parts.reduce((sum, part) => sum + part.cost, 1)
  return new Part(id, { kind, parts, reads, cost, presence, test: settling(parts, kind === 'any') })
}

export function negationOf(id: number, part: Part): Part {
  const test: Test = (facts) => {
    const truth = part.ask(facts)
    return typeof truth === 'boolean' ? !truth : truth
  }
  return new Part(id, { kind: 'not', parts: [part], reads: part.reads, cost: part.cost, test })
}

/** @param decisive the answer of one part that settles the whole: false for `all`, true for `any` */
function settling(parts: readonly Part[], decisive: boolean): Test {
  return decisive ? (facts) => anyOf(parts, facts) : (facts) => allOf(parts, true, facts)
}

/** The parts without which a condition is not true; all of them together make it true. */
export const conjunctsOf = (part: Part): readonly Part[] => (part.kind === 'all' ? part.parts : [part])

/** @param given the answer of what is not among the parts */
export function allOf(parts: readonly Part[], given: Truth, facts: Facts): Truth {
  let answer = given
  for (const part of parts) {
    const truth = part.ask(facts)
    if (truth === false) return false
    if (truth !== true) answer = worded(truth, answer)
  }
  return answer
}

function anyOf(parts: readonly Part[], facts: Facts): Truth {
  let answer: Truth = false
  for (const part of parts) {
    const truth = part.ask(facts)
    if (truth === true) return true
    if (truth !== false) answer = worded(truth, answer)
  }
  return answer
}

/** What is not known comes before every fault; of several faults the alphabet's first, so that no order of parts shows. */
function worded(fault: RuleFault, answer: Truth): RuleFault {
  if (!(answer instanceof RuleFault) || fault === NOT_KNOWN) return fault
  return answer === NOT_KNOWN || answer.because <= fault.because ? answer : fault
}
