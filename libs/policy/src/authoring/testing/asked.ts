import type { Decision, Question } from '@writ/contracts'
import type { CompiledPolicies } from '../../compile.ts'
import { needsOf } from '../../needs.ts'
import { decide } from '../../decide.ts'
import type { Given } from '../../decide.ts'
import { inspectNow } from '../../detectors/inspect.ts'
import type { ClassOf } from './scenario.ts'
import { TEST_KEYS } from './scenario.ts'

/** What all cases of one run have in common. */
export type World = {
  readonly compiled: CompiledPolicies
  readonly classOf: ClassOf
  /** JSON pointers into content that no rule may rewrite */
  readonly protectedPointers: readonly string[]
}

/** What a gateway would hand to the engine with this question. */
export function givenFor({ compiled, protectedPointers }: World, question: Question): Given {
  const needs = needsOf(compiled, question.groups, question.direction)
  return {
    inspection: needs.content
      ? inspectNow(question.content, { patterns: compiled.patterns, oversize: 'deny', knownSecrets: null })
      : null,
    keys: TEST_KEYS,
    protectedPointers,
  }
}

export const asked = (world: World, question: Question): Decision =>
  decide(world.compiled, question, givenFor(world, question))
