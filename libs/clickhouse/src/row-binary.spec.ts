import { describe, expect, it } from '@jest/globals'
import { literal } from './client.ts'
import { rowBinary } from './row-binary.ts'

describe('a row in RowBinary', () => {
  it('has numbers in little-endian order, and texts and lists behind their length', () => {
    const row = rowBinary([
      { uint16: 258 },
      { uint64: 2 ** 40 + 1 },
      { bytes: Buffer.from([255, 0]) },
      { int32s: [-1, 1] },
      { texts: ['a', ''] },
    ])
    expect(row.toString('hex')).toBe(
      ['0201', '0100000000010000', '02ff00', '02ffffffff01000000', '02016100'].join(''),
    )
  })

  it('says lengths beyond 127 in more bytes than one', () => {
    expect(
      rowBinary([{ bytes: Buffer.alloc(300) }])
        .subarray(0, 2)
        .toString('hex'),
    ).toBe('ac02')
  })
})

describe('a literal', () => {
  it.each([
    ["it's", String.raw`'it\'s'`],
    [String.raw`a\'b`, String.raw`'a\\\'b'`],
    ['\0', String.raw`'\0'`],
  ])('of %j is %s', (text, expected) => expect(literal(text)).toBe(expected))
})
