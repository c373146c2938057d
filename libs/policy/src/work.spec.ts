import { describe, expect, it } from '@jest/globals'
import type { Condition } from '@writ/contracts'
import * as fc from 'fast-check'
import { decided, policy, question, rule } from './given.suite.ts'
import { protectionOf } from './pointer.ts'
import { searchFor } from './search.ts'
import type { Searched } from './search.ts'
import { Work } from './work.ts'

describe('work', () => {
  it('that was asked for beyond the budget stays refused', () => {
    const work = new Work(3)
    expect([work.take(3), work.take(1), work.take(0)]).toEqual([true, false, false])
  })
})

const letters = fc.array(fc.constantFrom('a', 'b'), { maxLength: 40 }).map((all) => all.join(''))

describe('a search', () => {
  it('finds what the engine finds', () => {
    fc.assert(
      fc.property(letters, letters, letters, fc.nat(9), (before, wanted, after, from) => {
        const text = before + wanted + after
        expect(searchFor(wanted)(text, from)).toBe(text.indexOf(wanted, from))
      }),
      { numRuns: 3000 },
    )
  })

  it('reads every character once, where the engine is quadratic', () => {
    const wanted = `${'a'.repeat(126)}b${'a'.repeat(126)}`
    const text = 'a'.repeat(100_000)
    let reads = 0
    const counted: Searched = {
      indexOf: (beginning: string, from?: number) => {
        // The engine is asked for no more than it finds in linear time.
        expect(beginning.length).toBeLessThanOrEqual(8)
        return text.indexOf(beginning, from)
      },
      length: text.length,
      charCodeAt: (at: number) => {
        reads += 1
        return text.charCodeAt(at)
      },
    }
    expect(searchFor(wanted)(counted, 0)).toBe(-1)
    expect(reads).toBe(text.length)
  })
})

/** Different ones, for what is the same is compared once. */
const costly = (number: number): Condition => ({
  path: 'args.t',
  op: 'contains',
  value: `${'a'.repeat(126)}b${number}`,
})

/** The text holds nothing of it. */
const unlike = (number: number): Condition => ({
  path: 'args.t',
  op: 'contains',
  value: `unlikely ${number}`,
})

describe('comparisons', () => {
  const asked = question({ args: { t: 'a'.repeat(1_000_000) }, content: null })

  it('of flag rules and shadow policies never use up the work of the others', () => {
    const flags = Array.from({ length: 40 }, (_, at) =>
      rule({ id: `a${at}`, effect: 'flag', when: costly(at) }),
    )
    const shadow = policy([rule({ id: 'b', when: costly(50) })], { number: 0, mode: 'shadow' })
    const decision = decided([policy([...flags, rule({ id: 'z', when: costly(51) })]), shadow], asked)
    expect(decision.outcome).toBe('allow')
    expect(decision.matches.filter((match) => match.errored).length).toBeGreaterThan(20)
  })

  it('of milder rules never use up the work of a stricter one', () => {
    const asks = Array.from({ length: 40 }, (_, at) =>
      rule({ id: `a${at}`, effect: 'ask', when: costly(at) }),
    )
    const stop = rule({ id: 'z', effect: 'abort', when: { not: costly(51) } })
    expect(decided([policy([...asks, stop])], asked).outcome).toBe('abort')
  })

  it('beyond the budget are at fault, also where one look would tell', () => {
    const rules = [...Array.from({ length: 40 }, (_, at) => costly(at)), unlike(1), unlike(2)].map(
      (when, at) => rule({ id: `r${at}`, effect: 'flag', when }),
    )
    const { matches } = decided([policy(rules)], asked)
    expect(matches.filter(({ errored }) => errored).map((match) => match.rule)).toContain('r41')
    expect(decided([policy(rules.slice(40))], asked).matches).toEqual([])
  })

  it('take work also where one look tells of several', () => {
    const conditions = ['t', 'u', 'v'].flatMap((name) =>
      [1, 2].map((number): Condition => ({
        path: `args.${name}`,
        op: 'contains',
        value: `unlikely ${number}`,
      })),
    )
    const text = 'a'.repeat(1_000_000)
    const long = question({ args: { t: text, u: text, v: text }, content: null })
    const rules = conditions.map((when, at) => rule({ id: `r${at}`, effect: 'flag', when }))
    expect(decided([policy(rules)], long).matches.map((match) => match.rule)).toEqual(['r4', 'r5'])
    expect(decided([policy(rules.slice(0, 4))], long).matches).toEqual([])
  })

  it('beyond the budget deny', () => {
    const rules = Array.from({ length: 40 }, (_, at) => rule({ id: `a${at}`, when: costly(at) }))
    expect(decided([policy(rules)], asked).outcome).toBe('deny')
  })
})

describe('protection', () => {
  it.each([
    ['/name', true],
    ['/name/a', true],
    ['/names', false],
    ['/refs/0/id/of', true],
    ['/refs/id', false],
    ['', false],
  ])('of %j: %s', (pointer, expected) => {
    const isProtected = protectionOf(['/name', '/refs/*/id'])
    expect([isProtected(pointer), isProtected(pointer)]).toEqual([expected, expected])
  })
})
