import type { Direction, Effect, Question } from '@writ/contracts'
import type { CompiledRule, Needs } from './compiled-rule.ts'
import { READS_NOTHING } from './facts.ts'
import type { Facts } from './facts.ts'
import { conjunctsOf } from './part.ts'
import type { Part } from './part.ts'
import { batchesOf, CandidatePool } from './batches.ts'
import type { Candidate } from './batches.ts'
import type { Readers } from './readers.ts'
import { RuleFault } from './rule-fault.ts'
import type { Truth } from './rule-fault.ts'
import { Selections } from './selections.ts'
import type { Selected } from './selections.ts'
import { Work } from './work.ts'

type Attached = { readonly groups: ReadonlySet<string>; readonly rule: CompiledRule }
type Applicable = { readonly rules: readonly CompiledRule[]; needs: Needs | null }

/**
 * Finds the rules to ask. Everything here could be left out and no decision would change: a rule is passed over only when what is static
 * of a question (its direction, channel, method, tool, class and connection) already makes it false, whatever the rest, and a part of a
 * rule only when that makes it true.
 */
export class Candidates {
  readonly #attached: readonly Attached[]
  readonly readers: Readers
  readonly #applicable = new Map<string, Applicable>()
  readonly #ofLists: Readonly<Record<Direction, WeakMap<readonly string[], Applicable>>> = {
    outbound: new WeakMap(),
    inbound: new WeakMap(),
  }
  readonly #selections = new Selections()
  readonly #pool = new CandidatePool()
  #generation = 0

  /** @param attached in the order in which rules are reported */
  constructor(attached: readonly Attached[], readers: Readers) {
    this.#attached = attached
    this.readers = readers
  }

  /** A number that no asking had before. */
  nextGeneration(): number {
    this.#generation += 1
    return this.#generation
  }

  /** Rules that apply to a caller of these groups, each once, in their one order. */
  applicable(groups: readonly string[], direction: Direction): readonly CompiledRule[] {
    return this.#applicableOf(groups, direction).rules
  }

  needs(
    groups: readonly string[],
    direction: Direction,
    find: (rules: readonly CompiledRule[]) => Needs,
  ): Needs {
    const found = this.#applicableOf(groups, direction)
    found.needs ??= find(found.rules)
    return found.needs
  }

  select(question: Question): Selected {
    const known = this.#selections.of(question)
    if (known !== undefined) return known
    const candidates = this.applicable(question.groups, question.direction).flatMap(this.#left(question))
    const selected = inOrder(candidates, this.#pool)
    this.#selections.keep(question, selected, candidates.length)
    return selected
  }

  /** A caller has one list of groups, which is found sooner than what it says. */
  #applicableOf(groups: readonly string[], direction: Direction): Applicable {
    const ofList = this.#ofLists[direction]
    const known = ofList.get(groups)
    if (known !== undefined) return known
    const applicable = this.#applicableTo(groups, direction)
    ofList.set(groups, applicable)
    return applicable
  }

  #applicableTo(groups: readonly string[], direction: Direction): Applicable {
    const key = `${direction} ${[...new Set(groups)].sort().map(written).join('')}`
    const known = this.#applicable.get(key)
    if (known !== undefined) return known
    const rules = this.#attached
      .filter(
        (one) => groups.some((group) => one.groups.has(group)) && one.rule.source.on.includes(direction),
      )
      .map(({ rule }) => rule)
    if (this.#applicable.size >= MOST_KEPT) this.#applicable.clear()
    const applicable = { rules, needs: null }
    this.#applicable.set(key, applicable)
    return applicable
  }

  /** What is left of a rule, and nothing of one that is false whatever the rest of the question is. */
  #left(question: Question): (rule: CompiledRule) => readonly Candidate[] {
    const facts: Facts = {
      question,
      signals: UNREAD,
      keys: null,
      work: new Work(SELECTION_BUDGET),
      values: this.readers.room(),
      known: READS_NOTHING,
      generation: this.nextGeneration(),
    }
    return (rule) => {
      const { source, condition } = rule
      if (source.channels?.includes(question.channel) === false) return []
      if (condition instanceof RuleFault) return [this.#pool.of(rule, condition, [])]
      if (answerOf(condition, facts) === false) return []
      const open = conjunctsOf(condition).filter((part) => answerOf(part, facts) !== true)
      return [this.#pool.of(rule, true, open)]
    }
  }
}

const MOST_KEPT = 512
const SELECTION_BUDGET = 256 * 1024
const UNREAD = new RuleFault('the content is not read yet')

/** A question that cannot be read is a fault, and what was thrown is not repeated: it might quote what was sent. */
export function answerOf(condition: Part | RuleFault, facts: Facts): Truth {
  if (condition instanceof RuleFault) return condition
  try {
    return condition.ask(facts)
  } catch {
    return UNREADABLE
  }
}

export const UNREADABLE = new RuleFault('the question could not be read')

/** With its length, so that no two lists of names have one key. */
const written = (name: string): string => `${name.length}:${name}`

const STRICTEST_FIRST: readonly Effect[] = ['abort', 'deny', 'ask', 'modify', 'allow']

function inOrder(candidates: readonly Candidate[], pool: CandidatePool): Selected {
  const acting = candidates.filter(acts)
  return {
    acting: STRICTEST_FIRST.flatMap((effect) =>
      batchesOf(
        acting.filter(({ rule }) => rule.source.effect === effect),
        pool,
      ),
    ),
    watching: batchesOf(
      candidates.filter((candidate) => !acts(candidate)),
      pool,
    ),
  }
}

const acts = ({ rule: { match } }: Candidate): boolean => match.effect !== 'flag' && match.mode === 'enforce'
