import type { Decision, Question } from '@writ/contracts'
import type { CompiledPolicies } from '../../compile.ts'
import { needsOf } from '../../needs.ts'
import { decide } from '../../decide.ts'
import type { Given } from '../../decide.ts'
import { inspect } from '../../detectors/inspect.ts'
import type { ClassOf } from './scenario.ts'
import { TEST_KEYS } from './scenario.ts'

/** What all cases of one run have in common. */
export type World = {
  readonly compiled: CompiledPolicies
  readonly classOf: ClassOf
  /** JSON pointers into content that no rule may rewrite */
  readonly protectedPointers: readonly string[]
}

/** What a gateway would hand to the engine with this question; content is inspected in slices, as it does. */
export function* givenFor(
  { compiled, protectedPointers }: Pick<World, 'compiled' | 'protectedPointers'>,
  question: Question,
): Generator<void, Given> {
  const needs = needsOf(compiled, question.groups, question.direction)
  const { patterns } = compiled
  const inspection = needs.content
    ? yield* inspect(question.content, { patterns, oversize: 'deny', knownSecrets: null })
    : null
  return { inspection, keys: TEST_KEYS, protectedPointers }
}

export function* asked(world: World, question: Question): Generator<void, Decision> {
  return decide(world.compiled, question, yield* givenFor(world, question))
}

/** All the steps at once, for callers that hold up nobody. */
export function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
