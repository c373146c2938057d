import { describe, expect, it } from '@jest/globals'
import type { Rule } from '@writ/contracts'
import { compilePolicies } from './compile.ts'
import { NO_SETTINGS, policy, question, rule } from './given.suite.ts'
import { isVisible } from './visibility.ts'

const isShown = (one: Partial<Rule>): boolean =>
  isVisible(compilePolicies([policy([rule(one)])], NO_SETTINGS), question())

describe('what is shown to a caller', () => {
  it.each<[Rule['effect'], boolean]>([
    ['abort', false],
    ['deny', false],
    ['ask', true],
    ['flag', true],
  ])('under a rule to %s that is true of every call: %s', (effect, wanted) =>
    expect(isShown({ effect })).toBe(wanted),
  )

  it('is what the arguments may still deny', () =>
    expect(isShown({ effect: 'abort', when: { path: 'args.a', op: 'eq', value: 1 } })).toBe(true))
})
