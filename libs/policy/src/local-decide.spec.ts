import { describe, expect, it } from '@jest/globals'
import { expectAgreement } from './agreement.suite.ts'
import { Dice } from './dice.suite.ts'
import { localCaseOf, localPoliciesOf } from './generate-local.suite.ts'
import { settingsOf } from './generate.suite.ts'

/** `WRIT_LOCAL_CASES=100000` for the long run, which takes minutes. */
const CASES = Number(process.env['WRIT_LOCAL_CASES'] ?? 5_000)
const QUESTIONS = 100

describe('a decision on a local action', () => {
  it('is the one of the slow reference interpreter', () => {
    const seen = new Map<string, number>()
    for (let seed = 1; seed <= CASES / QUESTIONS; seed += 1) {
      const dice = new Dice(seed)
      const [policies, settings] = [localPoliciesOf(dice), settingsOf(dice)]
      const cases = Array.from({ length: QUESTIONS }, () => localCaseOf(dice))
      expectAgreement({ seed, policies, settings, cases }, seen)
    }
    for (const kind of ['allow', 'ask', 'deny', 'abort', 'deny by default', 'deny errored'])
      expect(seen.get(kind)).toBeGreaterThan(CASES / 1000)
  }, 1_200_000)
})
