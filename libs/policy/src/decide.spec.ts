import { describe, expect, it } from '@jest/globals'
import { compilePolicies } from './compile.ts'
import { decide } from './decide.ts'
import { Dice } from './dice.suite.ts'
import { caseOf, policiesOf, settingsOf } from './generate.suite.ts'
import { decideSlowly } from './reference.suite.ts'
import type { Slow } from './reference.suite.ts'

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

/** One set of policies, many questions. The seed is part of what is compared, so that a failure names it. */
function agree(seed: number, seen: Map<string, number>): void {
  const dice = new Dice(seed)
  const [policies, settings] = [policiesOf(dice), settingsOf(dice)]
  const compiled = compilePolicies(policies, settings)
  let isUntouched = true
  for (let number = 0; number < QUESTIONS; number += 1) {
    const { asked, given } = caseOf(dice)
    const { matches, ...fast } = decide(compiled, asked, given)
    const shown = matches.map(
      ({ policy, rule, errored, overriddenBy }) => `${policy} ${rule} ${errored} ${overriddenBy ?? '-'}`,
    )
    const slow = decideSlowly(policies, settings, asked, given)
    const quick = { ...fast, matches: shown.sort() }
    if (!fast.modified) isUntouched &&= fast.content === asked.content
    if (!isSame(quick, slow)) expect({ seed, number, ...quick }).toEqual({ seed, number, ...slow })
    const isErrored = fast.outcome === 'deny' && matches.some((match) => match.errored)
    const how = fast.byDefault ? ' by default' : isErrored ? ' errored' : fast.modified ? ' modified' : ''
    seen.set(fast.outcome + how, (seen.get(fast.outcome + how) ?? 0) + 1)
  }
  expect(isUntouched).toBe(true)
}

const isSame = (left: Slow, right: Slow): boolean => textOf(left) === textOf(right)

const textOf = ({ outcome, byDefault, matches, signals, modified, labels, ask, content }: Slow): string =>
  JSON.stringify([outcome, byDefault, matches, signals, modified, labels, ask, modified ? content : null])
