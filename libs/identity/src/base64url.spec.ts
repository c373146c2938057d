import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { decodeBase64url, encodeBase64url } from './base64url.ts'

describe('base64url', () => {
  it('reads back every byte string that it wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeBase64url(encodeBase64url(bytes))).toEqual(Buffer.from(bytes))
      }),
    )
  })

  it('has one text per value: two texts that it reads are different values', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1 }),
        fc.nat(),
        fc.string({ maxLength: 3 }),
        (bytes, place, piece) => {
          const text = encodeBase64url(bytes)
          const at = place % (text.length + 1)
          const varied = text.slice(0, at) + piece + text.slice(at + (place % 2))
          const read = decodeBase64url(varied)
          if (read !== null && varied !== text) expect(read).not.toEqual(Buffer.from(bytes))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it.each(['AA==', 'AA=', 'A', 'AB', 'A A', 'AA\n', '+/+/', 'AA.AA', 'é', ' AA'])('refuses %j', (text) => {
    expect(decodeBase64url(text)).toBeNull()
  })
})
