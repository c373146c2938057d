import { Readable } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { inPieces } from './in-pieces.ts'

describe('a body', () => {
  it.each([
    ['single bytes', 1, 4],
    ['parts of some size', 5000, 4],
    ['one part', 50_000, 1],
  ])('that comes in %s goes on in a few pieces, unchanged', async (_, size, pieces) => {
    const body = Buffer.from(Array.from({ length: 50_000 }, (__, at) => at % 251))
    const parts = Array.from({ length: Math.ceil(body.length / size) }, (__, at) =>
      body.subarray(at * size, (at + 1) * size),
    )
    const got: Buffer[] = []
    for await (const piece of inPieces(Readable.from(parts))) got.push(Buffer.from(piece))
    expect(got.length).toBeLessThanOrEqual(pieces)
    expect(Buffer.concat(got).equals(body)).toBe(true)
  })

  it('that breaks off does so for whoever reads it', async () => {
    await expect(inPieces(Readable.from(broken())).toArray()).rejects.toThrow('reset')
  })
})

function* broken(): Generator<Buffer> {
  yield Buffer.from('a')
  throw new Error('reset')
}
