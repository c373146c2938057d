import { describe, expect, it } from '@jest/globals'
import { expectAgreement } from './agreement.suite.ts'
import { Dice } from './dice.suite.ts'
import { caseOf, policiesOf, settingsOf } from './generate.suite.ts'

const CASES = Number(process.env['WRIT_POLICY_CASES'] ?? 100_000)
const QUESTIONS = 200

describe('a decision', () => {
  it('is the one of the slow reference interpreter', () => {
    const seen = new Map<string, number>()
    for (let seed = 1; seed <= CASES / QUESTIONS; seed += 1) agree(seed, seen)
    expect([...seen.keys()].sort()).toEqual(
      expect.arrayContaining([
        'abort',
        'allow',
        'allow modified',
        'ask',
        'ask modified',
        'deny',
        'deny by default',
        'deny errored',
      ]),
    )
    for (const kind of ['allow modified', 'ask', 'ask modified', 'abort', 'deny by default'])
      expect(seen.get(kind)).toBeGreaterThan(CASES / 1000)
  })
})

/** One set of policies, many questions. */
function agree(seed: number, seen: Map<string, number>): void {
  const dice = new Dice(seed)
  const [policies, settings] = [policiesOf(dice), settingsOf(dice)]
  const cases = Array.from({ length: QUESTIONS }, () => caseOf(dice))
  expectAgreement({ seed, policies, settings, cases }, seen)
}
