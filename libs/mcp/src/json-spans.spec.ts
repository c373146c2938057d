import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { edited, spanAt, spansOf, stringIn, textIn, valueIn } from './json-spans.ts'

describe('where values stand in a text', () => {
  it('finds every value where a parser finds it', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', '\n\t'), (text, space) => {
        const spaced = space + JSON.stringify(JSON.parse(text), null, space) + space
        const root = spansOf(spaced)
        expect(valueIn(spaced, root)).toEqual(JSON.parse(text))
        for (const [name, member] of root.members ?? [])
          expect(valueIn(spaced, member)).toEqual(JSON.parse(text)[name])
      }),
    )
  })

  it('is told by names, and only texts that stand there are read', () => {
    const text = '{"a":{"b":["c\\"d",{"e":1}]},"f":"g"}'
    const root = spansOf(text)
    const list = spanAt(root, 'a', 'b')
    expect(list?.items?.map((item) => textIn(text, item))).toEqual(['"c\\"d"', '{"e":1}'])
    expect(stringIn(text, spanAt(root, 'f'))).toBe('g')
    expect(stringIn(text, spanAt(root, 'a'))).toBeNull()
    expect(spanAt(root, 'a', 'x', 'y')).toBeUndefined()
  })

  it('is where an edit goes, and nothing else changes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.json()), fc.json(), (members, other) => {
        const text = `{${Object.entries(members)
          .map(([name, value]) => `${JSON.stringify(name)}: ${value}`)
          .join(' , ')}}`
        const [first] = spansOf(text).members ?? []
        if (first === undefined) return
        const [name, at] = first
        const changed = edited(text, [{ at, text: other }])
        expect(JSON.parse(changed)).toEqual({ ...JSON.parse(text), [name]: JSON.parse(other) })
        expect(changed.slice(0, at.start)).toBe(text.slice(0, at.start))
        expect(changed.slice(at.start + other.length)).toBe(text.slice(at.end))
      }),
    )
  })
})
