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
