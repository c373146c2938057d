import { expect } from '@jest/globals'
import type { BundlePolicy } from '@writ/contracts'
import type { PolicySettings } from './compile.ts'
import { compilePolicies } from './compile.ts'
import { decide } from './decide.ts'
import type { Case } from './generate.suite.ts'
import { decideSlowly } from './reference.suite.ts'
import type { Slow } from './reference.suite.ts'

export type Agreement = {
  readonly seed: number
  readonly policies: readonly BundlePolicy[]
  readonly settings: PolicySettings
  readonly cases: readonly Case[]
}

/** Compares the engine with the slow reference on each question; counts what was decided. The seed is part of what is compared, so that a failure names it. */
export function expectAgreement(
  { seed, policies, settings, cases }: Agreement,
  seen: Map<string, number>,
): void {
  const compiled = compilePolicies(policies, settings)
  let isUntouched = true
  for (const [number, { asked, given }] of cases.entries()) {
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
