import { describe, expect, it } from '@jest/globals'
import type { Decision } from '@writ/contracts'
import { strictest } from './strictest.ts'

const decision = (outcome: Decision['outcome'], modified = false): Decision => ({
  outcome,
  modified,
  matches: [],
  signals: [],
  content: null,
  byDefault: false,
  labels: [],
  ask: null,
})

describe('the strictest of two decisions', () => {
  it.each([
    ['abort', 'deny'],
    ['deny', 'ask'],
    ['deny', 'allow'],
    ['ask', 'allow'],
  ] as const)('is %s before %s, on either side', (strict, mild) => {
    expect(strictest(decision(strict), decision(mild, true)).outcome).toBe(strict)
    expect(strictest(decision(mild, true), decision(strict)).outcome).toBe(strict)
  })
  it('is the one that modified', () =>
    expect(strictest(decision('allow'), decision('allow', true)).modified).toBe(true))
  it('is the first of equals', () => {
    const first = decision('allow')
    expect(strictest(first, decision('allow'))).toBe(first)
  })
  it('is the only one there is', () => {
    const only = decision('allow')
    expect(strictest(undefined, only)).toBe(only)
    expect(strictest(only, undefined)).toBe(only)
    expect(strictest(undefined, undefined)).toBeUndefined()
  })
})
