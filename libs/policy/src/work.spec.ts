import { describe, expect, it } from '@jest/globals'
import type { Condition, Json } from '@writ/contracts'
import * as fc from 'fast-check'
import { compilePolicies } from './compile.ts'
import { decide } from './decide.ts'
import { detect, MOST_SIGHTINGS } from './detectors/detect.ts'
import { policy, question, rule } from './given.suite.ts'
import { protectionOf } from './pointer.ts'
import { RuleFault } from './rule-fault.ts'
import { searchFor } from './search.ts'
import type { Searched } from './search.ts'
import { TEMPLATES } from './templates.ts'
import { Work } from './work.ts'

const templates = compilePolicies(TEMPLATES.map(({ document }, number) => policy(document.rules, { number })))
const nested = (value: Json, levels: number): Json =>
  levels === 0 ? value : nested({ a: value }, levels - 1)
const listOf = (length: number, item: Json): Json => Array.from({ length }, () => item)

describe('work', () => {
  it('that was asked for beyond the budget stays refused', () => {
    const work = new Work(3)
    expect([work.take(3), work.take(1), work.take(0)]).toEqual([true, false, false])
  })
})

describe('content that would hold up the gateway is not inspected to its end', () => {
  it.each<readonly [string, () => Json]>([
    ['a megabyte of e-mail addresses', () => 'a@b.cc '.repeat(150_000)],
    ['a megabyte of overrides', () => '\u202e'.repeat(345_000)],
    ['addresses nested 56 deep', () => nested(listOf(100_000, 'a@b.cc'), 56)],
    ['a long answer', () => 'a@b.cc '.repeat(1_100_000)],
    ['700,000 members', () => Object.fromEntries(Array.from({ length: 700_000 }, (_, at) => [`k${at}`, 1]))],
    ['short texts in great number', () => listOf(170_000, 'a1')],
    ['a long name above many findings', () => ({ ['a'.repeat(500_000)]: listOf(1000, 'a@b.cc') })],
    ['links without end', () => '![](https://a?d='.repeat(60_000)],
    ['ligatures that stand for sentences', () => '\ufdfa'.repeat(200_000)],
  ])('%s', (_what, content) => {
    expect(detect(content())).toBeInstanceOf(RuleFault)
    const decision = decide(templates, question({ content: content() }))
    expect(decision).toMatchObject({ outcome: 'deny', modified: false, signals: [] })
    expect(decision.matches.every((match) => match.errored)).toBe(true)
  })

  it('nor looked at beyond the budget: the 9,999,999 items that follow are never read', () => {
    let reads = 0
    const long: Json[] = []
    long.length = 10_000_000
    const items = new Proxy(long, {
      get: (target, member) => {
        if (member !== 'length') reads += 1
        return Reflect.get(target, member) as unknown
      },
    })
    expect(detect(items)).toBeInstanceOf(RuleFault)
    expect(reads).toBeLessThan(10)
  })
})

describe('content of an honest size is inspected', () => {
  it.each<readonly [string, () => Json]>([
    ['a list of 200,000 numbers', () => listOf(200_000, 7)],
    ['a table of 4,000 rows', () => listOf(4000, { a: 'v 1', b: 'v 2', c: 'v 3', d: 'v 4', e: 'v 5' })],
    ['a megabyte of prose', () => 'The build is green, and so on. '.repeat(32_000)],
    ['as many findings as are counted', () => 'a@b.cc '.repeat(MOST_SIGHTINGS)],
  ])('%s', (_what, content) => {
    expect(detect(content())).not.toBeInstanceOf(RuleFault)
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
      indexOf: () => -1,
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

describe('comparisons', () => {
  const costly: Condition = { path: 'args.t', op: 'contains', value: `${'a'.repeat(126)}b${'a'.repeat(126)}` }
  const asked = question({ args: { t: 'a'.repeat(1_000_000) }, content: null })

  it('of flag rules and shadow policies never use up the work of the others', () => {
    const flags = Array.from({ length: 40 }, (_, at) => rule({ id: `a${at}`, effect: 'flag', when: costly }))
    const shadow = policy([rule({ id: 'b', when: costly })], { number: 0, mode: 'shadow' })
    const decision = decide(
      compilePolicies([policy([...flags, rule({ id: 'z', when: costly })]), shadow]),
      asked,
    )
    expect(decision.outcome).toBe('allow')
    expect(decision.matches.filter((match) => match.errored).length).toBeGreaterThan(20)
  })

  it('beyond the budget deny', () => {
    const rules = Array.from({ length: 40 }, (_, at) => rule({ id: `a${at}`, when: costly }))
    expect(decide(compilePolicies([policy(rules)]), asked).outcome).toBe('deny')
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
