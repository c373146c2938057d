import { describe, expect, it } from '@jest/globals'
import type { PolicyMode, Rule } from '@writ/contracts'
import { compilePolicies } from './compile.ts'
import { decide } from './decide.ts'
import type { Given } from './decide.ts'
import type { Inspection } from './detectors/sighting.ts'
import { NO_SETTINGS, policy, question, rule } from './given.suite.ts'
import { RuleFault } from './rule-fault.ts'

const CONTENT = { text: 'me@example.com' }
const SEEN: Inspection = {
  sightings: [{ signal: 'pii.email', path: '/text', start: 0, end: 14, place: 'text' }],
  fault: null,
}
const masking = (more: Partial<Rule> = {}): Rule =>
  rule({ id: 'mask', effect: 'modify', modify: { 'pii.email': 'mask' }, ...more })
const policies = (mode: PolicyMode = 'enforce') => [
  policy([masking()]),
  policy([masking({ id: 'watched' })], { number: 2, mode }),
]
const decided = (accepts: Given['accepts'] & object, mode?: PolicyMode) =>
  decide(compilePolicies(policies(mode), NO_SETTINGS), question({ content: CONTENT }), {
    inspection: SEEN,
    keys: null,
    accepts,
  })
const refused = () => new RuleFault('the tool does not take it')

const errored = (mode: PolicyMode) => decided(refused, mode).matches.map((match) => match.errored)

describe('a rewriting that may not go where it goes', () => {
  it('denies, and leaves the content as it was', () => {
    expect(decided(() => null)).toMatchObject({ outcome: 'allow', modified: true })
    const decision = decided(refused)
    expect(decision).toMatchObject({ outcome: 'deny', modified: false })
    expect(decision.content).toBe(CONTENT)
  })

  it('denies as well where nobody can say whether it may', () =>
    expect(
      decided(() => {
        throw new Error('no schema')
      }),
    ).toMatchObject({ outcome: 'deny', modified: false }))

  it('is the fault of the rules that act, and of no rule that only watches', () => {
    expect(errored('enforce')).toEqual([true, true])
    expect(errored('shadow')).toEqual([true, false])
  })
})
