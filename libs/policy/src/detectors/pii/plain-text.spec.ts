import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { LetterPairs, PART, PlainText, plainWords, WHOLE } from './plain-text.ts'

const LETTERS = 'aZzAbcXYZ019 _-./\'’"é\u00c9ßÄÖüÑ漢か電주민आधा:;()\n\t\u00a0\u{1f600}\ud800'

describe('plain text', () => {
  it('is written into a row as it is written as a string, wherever the stretch begins', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from(LETTERS)), maxLength: 300 })
    const plain = new PlainText(new LetterPairs())
    fc.assert(
      fc.property(text, fc.nat(50), (whole, start) => {
        const from = Math.min(start, whole.length)
        plain.write(whole, from, whole.length)
        const written = String.fromCharCode(...plain.codes.subarray(0, plain.length))
        expect(written).toBe(plainWords(whole.slice(from)))
      }),
      { numRuns: 1000 },
    )
  })

  it('tells where words may begin that are looked for, wherever their letters stand', () => {
    const pairs = new LetterPairs()
    pairs.add('ssn', WHOLE)
    pairs.add('no', PART)
    const plain = new PlainText(pairs)
    plain.write('the SSN, or mySsn; unknown ssss', 0, 31)
    const { begun, begunCount, codes, length } = plain
    const written = String.fromCharCode(...codes.subarray(0, length))
    expect(Array.from(begun.subarray(0, begunCount), (at) => written.slice(at, at + 3))).toEqual([
      'ssn',
      'ssn',
      'now',
      'sss',
    ])
  })
})
