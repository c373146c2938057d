import { describe, expect, it } from '@jest/globals'
import { assert, constantFrom, property, string } from 'fast-check'
import { RuleFault } from '../rule-fault.ts'
import { compilePatterns, patternsOf } from './compile-patterns.ts'
import type { CompiledPatterns } from './compile-patterns.ts'
import { findPatterns, patternBudget } from './find-patterns.ts'
import type { PatternSpan } from './find-patterns.ts'
import { matchesPattern } from './matches-pattern.ts'
import { PatternFault } from './pattern-fault.ts'

const compiled = (patterns: Record<string, string>, policy = 'pol_1'): CompiledPatterns => {
  const answer = compilePatterns([{ policy, patterns }])
  if (answer instanceof PatternFault) throw new Error(answer.because)
  return answer
}

type Searched = {
  readonly spans: readonly PatternSpan[]
  readonly fault: string | null
  readonly longestMs: number
}

/** Drains a search and keeps the CPU time of its longest slice. */
function search(patterns: CompiledPatterns, text: string, budget = patternBudget()): Searched {
  const searching = findPatterns(patterns, text, budget)
  let longestMs = 0
  for (;;) {
    const before = process.cpuUsage()
    const { done, value } = searching.next()
    const { user, system } = process.cpuUsage(before)
    longestMs = Math.max(longestMs, (user + system) / 1000)
    if (done !== true) continue
    if (value instanceof RuleFault) return { spans: [], fault: value.because, longestMs }
    return { spans: value, fault: null, longestMs }
  }
}

const places = (patterns: Record<string, string>, text: string) =>
  search(compiled(patterns), text).spans.map(({ signal, start, end }) => [
    signal,
    text.slice(start, end),
    start,
  ])

const seen = (patterns: CompiledPatterns, text: string): readonly string[] =>
  search(patterns, text)
    .spans.map(({ policy, signal }) => `${policy} ${signal}`)
    .toSorted()

const because = (patterns: Record<string, string>) => {
  const answer = compilePatterns([{ policy: 'pol_1', patterns }])
  return answer instanceof PatternFault ? [answer.pattern, answer.because] : null
}

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, 'a']))

const random = (length: number, alphabet: string): string => {
  let seed = 7
  return Array.from(
    { length },
    () => alphabet[(seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % alphabet.length],
  ).join('')
}

/** Collections of garbage and compilation of this code are not the search's. */
const leastOfThree = (patterns: CompiledPatterns, text: string): number =>
  Math.min(...[1, 2, 3].map(() => search(patterns, text).longestMs))

describe('tenant patterns', () => {
  it('are found under their signal, with their place and policy', () => {
    const { spans } = search(
      compiled({ order: String.raw`ORD-\d{6}`, ticket: '(?i)tkt-[a-f]+' }),
      'see ORD-123456, TKT-abc',
    )
    expect(spans).toEqual([
      { policy: 'pol_1', signal: 'pattern.order', start: 4, end: 14 },
      { policy: 'pol_1', signal: 'pattern.ticket', start: 16, end: 23 },
    ])
  })

  it('are scoped by policy, and can be narrowed to some policies', () => {
    const both = compilePatterns([
      { policy: 'pol_1', patterns: { code: 'a+' } },
      { policy: 'pol_2', patterns: { code: 'b+' } },
    ])
    if (both instanceof PatternFault) throw new Error(both.because)
    expect(search(both, 'aabb').spans.map(({ policy }) => policy)).toEqual(['pol_1', 'pol_2'])
    expect(search(patternsOf(both, new Set(['pol_2'])), 'aabb').spans).toHaveLength(1)
    expect(matchesPattern(both, 'pol_1', 'code', 'bb')).toBe(false)
    expect(matchesPattern(both, 'pol_2', 'code', 'bb')).toBe(true)
  })

  it('that several policies have alike are found for each of them, and for no other', () => {
    const patterns = { code: 'a+b', name: 'nightjar' }
    const all = compilePatterns([
      ...['pol_1', 'pol_2', 'pol_3'].map((policy) => ({ policy, patterns })),
      { policy: 'pol_4', patterns: { code: 'a+b', name: 'bluebird' } },
      { policy: 'pol_5', patterns: { other: 'a+b', name: 'nightjar' } },
    ])
    if (all instanceof PatternFault) throw new Error(all.because)
    expect(seen(patternsOf(all, new Set(['pol_1', 'pol_3', 'pol_4'])), 'aab nightjar')).toEqual([
      'pol_1 pattern.code',
      'pol_1 pattern.name',
      'pol_3 pattern.code',
      'pol_3 pattern.name',
      'pol_4 pattern.code',
    ])
    expect(seen(all, 'aab nightjar')).toContain('pol_5 pattern.other')
    expect(seen(all, 'aab nightjar')).toHaveLength(9)
  })

  it('are found wherever a window begins or ends, once', () => {
    const mark = `ORD-${'7'.repeat(400)}`
    for (let at = 1_000; at < 4_000; at += 37) {
      const text = `${'x'.repeat(at)}${mark}${'x'.repeat(3_000)}`
      expect(places({ order: String.raw`ORD-\d{400}` }, text)).toEqual([['pattern.order', mark, at]])
    }
  })

  it('agree with a search of the whole text for short matches', () => {
    const text = string({
      unit: constantFrom('a', 'b', '1', ' ', '\n', '😀'),
      maxLength: 6_000,
      minLength: 2_500,
    })
    assert(
      property(text, (content) => {
        const expected = [...content.matchAll(/\bab{1,3}1|😀1/gu)].map(({ 0: found, index }) => [
          found,
          index,
        ])
        const found = places({ it: String.raw`\bab{1,3}1|😀1` }, content).map(([, match, start]) => [
          match,
          start,
        ])
        expect(found).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  it('hold ^ for the beginning of the text only', () => {
    expect(places({ head: '^x' }, 'x'.repeat(5_000))).toEqual([['pattern.head', 'x', 0]])
  })

  it('cover a match that is longer than a window', () => {
    const text = `<${'y'.repeat(9_000)}>`
    expect(places({ long: 'y+' }, text)).toEqual([['pattern.long', 'y'.repeat(9_000), 1]])
  })

  it('find a whole text that is asked for', () => {
    const patterns = { order: '^A-[0-9]+$', any: String.raw`A-\d` }
    expect(places(patterns, 'A-123')).toEqual([
      ['pattern.any', 'A-1', 0],
      ['pattern.order', 'A-123', 0],
    ])
    expect(places(patterns, 'A-12 ')).toEqual([['pattern.any', 'A-1', 0]])
  })

  it('find no empty matches', () => {
    expect(places({ maybe: 'z*' }, 'abc')).toEqual([])
  })

  it('never divide a surrogate pair', () => {
    const text = `a${'😀'.repeat(4_000)}`
    for (const { start, end } of search(compiled({ any: '[^a]' }), text.slice(0, 3_001)).spans)
      expect(text.slice(start, end)).not.toMatch(/\p{Surrogate}/u)
  })
})

describe('a pattern is refused', () => {
  it('when it is not RE2 syntax, by name and with the reason', () => {
    expect(because({ fine: 'a', broken: '(' })).toEqual([
      'broken',
      expect.stringContaining('missing closing )'),
    ])
    expect(because({ ahead: '(?=x)' })?.[0]).toBe('ahead')
    expect(because({ back: String.raw`(a)\1` })?.[0]).toBe('back')
  })

  it('when it is too long, or its automaton is too large', () => {
    expect(because({ long: 'a'.repeat(513) })).toEqual(['long', 'it has more than 512 characters'])
    expect(because({ large: '[ab]{900}' })?.[1]).toMatch(/^it compiles to \d+ steps/)
    expect(because({ bomb: '((a{30}){30}){30}' })?.[0]).toBe('bomb')
  })

  it('when there are too many', () => {
    expect(because(many(65))).toEqual([null, 'the policy has more than 64 patterns'])
    const sources = Array.from({ length: 9 }, (_, at) => ({ policy: `pol_${at}`, patterns: many(64) }))
    expect(compilePatterns(sources)).toBeInstanceOf(PatternFault)
  })

  it('within a second, whatever it is', () => {
    const hostile = [
      '(?:a{1000}b{1000})'.repeat(28),
      `(?:${'\\pL\\pN'.repeat(80)}){900}`,
      '('.repeat(512),
      '[a-z]{1000}'.repeat(46),
    ]
    for (const pattern of hostile) {
      const before = process.cpuUsage()
      because({ pattern })
      expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
    }
  })
})

describe('a text is matched', () => {
  const patterns = compiled({ order: '^ORD-[0-9]+$', wide: '(?:a[ab]{400}c)' })

  it('by name', () => {
    expect(matchesPattern(patterns, 'pol_1', 'order', 'ORD-1')).toBe(true)
    expect(matchesPattern(patterns, 'pol_1', 'order', 'ORD-1x')).toBe(false)
  })

  it('or is a fault when it is too long or the name is unknown', () => {
    expect(matchesPattern(patterns, 'pol_1', 'wide', 'a'.repeat(2_000))).toBeInstanceOf(RuleFault)
    expect(matchesPattern(patterns, 'pol_1', 'order', 'a'.repeat(65_537))).toBeInstanceOf(RuleFault)
    expect(matchesPattern(patterns, 'pol_2', 'order', 'a')).toBeInstanceOf(RuleFault)
  })
})

describe('hostile patterns and texts', () => {
  const LONGEST_SLICE_MS = 20
  /** what holds a backtracking engine for seconds */
  const classics = {
    nested: '^(a+)+$',
    twice: '^(a|aa)+$',
    mail: String.raw`^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$`,
    blanks: String.raw`\s+$`,
    keys: '.*key.*=.*;',
  }
  /** whose automaton has more states than may be kept */
  const exploding = { far: '(?:a[ab]{200}c|b[ab]{200}d)' }

  it('take no long slice, and end', () => {
    const texts = ['a'.repeat(30_000), ' '.repeat(30_000), 'key'.repeat(9_000), random(20_000, 'ab')]
    for (const patterns of [classics, exploding]) {
      const ready = compiled(patterns)
      search(ready, 'warm up '.repeat(500))
      for (const text of texts) expect(leastOfThree(ready, text)).toBeLessThan(LONGEST_SLICE_MS)
    }
  })

  it('end at the budget, as a fault', () => {
    const nearMatches = 'ORD-12345 '.repeat(500_000)
    const steps = 2 ** 22
    const searched = search(compiled({ order: String.raw`ORD-\d{6}` }), nearMatches, { steps, spans: 100 })
    expect(searched).toMatchObject({ spans: [], fault: null })
    const dear = search(compiled(exploding), random(300_000, 'ab'), { steps, spans: 100 })
    expect(dear.fault).toMatch(/takes too long/)
    expect(search(compiled({ each: '[a-z]' }), 'x'.repeat(9_000)).fault).toMatch(/takes too long/)
  })
})
