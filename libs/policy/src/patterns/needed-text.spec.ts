import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { RE2JS } from 're2js'
import { isOfWholeText, neededText } from './needed-text.ts'

describe('the text that a pattern needs', () => {
  it.each([
    ['project (nightjar|bluebird)', 'project '],
    ['^A-[0-9]+$', 'A-'],
    [String.raw`^\d{3}-order\.no$`, '-order.no'],
    ['abc?def', 'def'],
    ['ab+c', 'ab'],
    ['abc{2}d', 'ab'],
    ['abc*?d', 'ab'],
    ['x(?:inner|other)yz', 'yz'],
    ['[]a]bc', 'bc'],
    ['é😀?n', 'é'],
    ['a{,5}b{x', 'b'],
    ['[abc]', null],
    ['one|other', null],
    ['(?i)name', null],
    ['(?P<n>name)', null],
    [String.raw`\x41BCDE`, null],
    [String.raw`\Qa.b\E`, null],
    [String.raw`\pLetter`, null],
    ['[[:alpha:]]name', null],
    ['.*', null],
    ['', null],
  ])('of %s is %s', (source, needed) => {
    expect(neededText(source)).toBe(needed)
  })

  it('stands in whatever the pattern matches', () => {
    const piece = fc.constantFrom(...PIECES.split(' '))
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', 'A', 'c', '.', '\\', 'é', '😀', '1', ']', '{', '}', ',', '2'),
      maxLength: 12,
    })
    let matched = 0
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 7 }), fc.array(text, { maxLength: 8 }), (pieces, texts) => {
        const source = pieces.join('')
        const expression = compiled(source)
        const needed = neededText(source)
        if (expression === null || needed === null) return
        for (const each of [...texts, needed]) {
          if (!expression.matcher(each).find()) continue
          matched += 1
          expect(each).toContain(needed)
        }
      }),
      { numRuns: 20_000 },
    )
    expect(matched).toBeGreaterThan(1_000)
  })
})

describe('a pattern of whole texts', () => {
  it.each([
    ['^A-[0-9]+$', true],
    ['^(a|b)c$', true],
    ['^[a|b]$', true],
    [String.raw`^a\\$`, true],
    ['^a|b$', false],
    ['^a', false],
    ['a$', false],
    ['^*a$', false],
    ['^{0}a$', false],
    [String.raw`^a\$`, false],
    ['(?m)^a$', false],
    ['', false],
  ])('is %s: %s', (source, expected) => {
    expect(isOfWholeText(source)).toBe(expected)
  })

  it('matches nothing else', () => {
    const piece = fc.constantFrom(...PIECES.split(' '))
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n', 'é', '😀', '1'), maxLength: 6 })
    let matched = 0
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), fc.array(text, { maxLength: 8 }), (pieces, given) => {
        const source = `^${pieces.join('')}$`
        const expression = compiled(source)
        if (expression === null || !isOfWholeText(source)) return
        for (const each of given) {
          const matcher = expression.matcher(each)
          if (!matcher.find()) continue
          matched += 1
          expect([matcher.start(), matcher.end()]).toEqual([0, each.length])
        }
      }),
      { numRuns: 5_000 },
    )
    expect(matched).toBeGreaterThan(300)
  })
})

/** Of which patterns are put together, and some that cannot be. */
const PIECES = String.raw`a b ab é 😀 . ^ $ \. \ \\ \d \b [ab] [^a] []b] [\]a] (a|b) (?:ab)? (a(b|c)) (( ) )? | ? * + *? {2} {0,1} {,2} { } (?i)a \x61 \Qa.\E [[:alpha:]] \pL`

function compiled(source: string): RE2JS | null {
  try {
    return RE2JS.compile(source)
  } catch {
    return null
  }
}
