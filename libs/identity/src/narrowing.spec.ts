import { describe, expect, it } from '@jest/globals'
import type { ToolAuthorization } from '@writ/contracts'
import { array, assert, property, stringMatching } from 'fast-check'
import { isGlobWithin, isWithin } from './narrowing.ts'

const entry = (members: Omit<ToolAuthorization, 'type'> = {}): ToolAuthorization => ({
  type: 'writ_tool',
  ...members,
})

describe('one authorization within another', () => {
  it('is any within none, and none within no other', () => {
    expect(isWithin([entry()], null)).toBe(true)
    expect(isWithin(null, null)).toBe(true)
    expect(isWithin(null, [entry()])).toBe(false)
  })

  it.each([
    ['fewer tools', { tools: ['get_a'] }, { tools: ['get_*'] }, true],
    ['other tools', { tools: ['get_a', 'put_a'] }, { tools: ['get_*'] }, false],
    ['no bound on tools', {}, { tools: ['get_*'] }, false],
    ['a bound more', { tools: ['x'], classes: ['money' as const] }, { tools: ['x'] }, true],
    ['a bound less', { tools: ['x'] }, { tools: ['x'], classes: ['money' as const] }, false],
    ['another connection', { connections: ['crm'] }, { connections: ['git'] }, false],
    ['a wider pattern', { tools: ['*'] }, { tools: ['get_*'] }, false],
  ])('%s', (_, narrower, wider, fits) => {
    expect(isWithin([entry(narrower)], [entry(wider)])).toBe(fits)
  })

  it('fits into one entry, not into two together', () => {
    const wider = [entry({ connections: ['a'], tools: ['x'] }), entry({ connections: ['b'], tools: ['y'] })]
    expect(isWithin([entry({ connections: ['a'], tools: ['x'] })], wider)).toBe(true)
    expect(isWithin([entry({ connections: ['a'], tools: ['y'] })], wider)).toBe(false)
    expect(isWithin([...wider, entry({ connections: ['c'] })], wider)).toBe(false)
  })
})

describe('a pattern within another', () => {
  it.each([
    ['get_*', 'get_*', true],
    ['get_*', '*', true],
    ['get_*_x', 'get_*', true],
    ['*', 'get_*', false],
    ['a*', 'a*a', false],
    ['a', 'a*a', false],
    ['aa', 'a*a', true],
    ['ab*bc', 'a*b*c', true],
    ['a*c', 'a*b*c', false],
    ['a**', 'a*', true],
  ])('%s in %s: %s', (narrower, wider, fits) => expect(isGlobWithin(narrower, wider)).toBe(fits))

  it('matches no name that the other does not', () => {
    const pattern = stringMatching(/^[ab*]{1,6}$/)
    const name = stringMatching(/^[abc]{0,4}$/)
    assert(
      property(pattern, pattern, array(name, { maxLength: 6 }), (narrower, wider, runs) => {
        if (!isGlobWithin(narrower, wider)) return
        let next = 0
        const matched = narrower.replaceAll('*', () => runs[next++] ?? '')
        expect(expressionOf(wider).test(matched)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})

const expressionOf = (pattern: string): RegExp => new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 's')
