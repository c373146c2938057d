import type { Condition } from '@writ/contracts'
import { compileComparison } from './match.ts'
import type { Test } from './match.ts'
import type { Facts } from './path.ts'
import { RuleFault } from './rule-fault.ts'
import type { Truth } from './rule-fault.ts'

/** How deep conditions may nest before the rule counts as one that cannot be compiled. */
export const MAX_CONDITION_DEPTH = 32

/**
 * Compiles a condition into a closure. Faults travel as the third value of Kleene's logic: `all` is false as soon as one part is
 * false and `any` true as soon as one part is true, whatever else failed; otherwise the fault wins. So the order of parts never
 * decides, and a rule about one tool is not at fault because of the arguments of another.
 * @returns a fault when any part cannot be compiled
 */
export function compileCondition(condition: Condition, depth = 0): Test | RuleFault {
  if (depth > MAX_CONDITION_DEPTH) return new RuleFault(`conditions nest deeper than ${MAX_CONDITION_DEPTH}`)
  if ('all' in condition) return compileParts(condition.all, false, depth)
  if ('any' in condition) return compileParts(condition.any, true, depth)
  if ('not' in condition) return compileNot(condition.not, depth)
  return compileComparison(condition)
}

/** `when` and not `unless`. */
export function compileWhenUnless(when: Condition, unless: Condition | undefined): Test | RuleFault {
  return compileCondition(unless === undefined ? when : { all: [when, { not: unless }] })
}

/** @param settling the answer of one part that settles the whole: false for `all`, true for `any` */
function compileParts(parts: readonly Condition[], settling: boolean, depth: number): Test | RuleFault {
  const tests: Test[] = []
  for (const part of parts) {
    const test = compileCondition(part, depth + 1)
    if (test instanceof RuleFault) return test
    tests.push(test)
  }
  return (facts) => settle(tests, settling, facts)
}

function settle(tests: readonly Test[], settling: boolean, facts: Facts): Truth {
  let answer: Truth = !settling
  for (const test of tests) {
    const truth = test(facts)
    if (truth === settling) return settling
    if (truth instanceof RuleFault && !(answer instanceof RuleFault)) answer = truth
  }
  return answer
}

function compileNot(condition: Condition, depth: number): Test | RuleFault {
  const test = compileCondition(condition, depth + 1)
  if (test instanceof RuleFault) return test
  return (facts) => {
    const truth = test(facts)
    return truth instanceof RuleFault ? truth : !truth
  }
}
