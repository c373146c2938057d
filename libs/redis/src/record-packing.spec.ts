import { brotliCompressSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import type { StreamBatch } from '@writ/contracts'
import * as fc from 'fast-check'
import { packBatch, unpackBatch } from './record-packing.ts'

const TENANT = `ten_${'1'.repeat(26)}` as const
const NODE = `nod_${'2'.repeat(26)}` as const

const batchOf = (records: string[]): StreamBatch => ({
  stream: `${NODE}:boo_${'3'.repeat(26)}:${TENANT}`,
  tenant: TENANT,
  node: NODE,
  fromSeq: 7,
  records,
  headHash: 'a'.repeat(64),
  signature: 'c2lnbmF0dXJl',
})

const packedAs = (text: string | Buffer): object => {
  const { records: _, ...envelope } = batchOf([])
  return { ...envelope, packed: brotliCompressSync(text).toString('base64') }
}

/** As it comes out of the store again. */
const stored = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('a packed batch', () => {
  it('is the very batch when it is unpacked', () => {
    const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 })
    const records = fc.array(
      texts.map((text) => JSON.stringify({ text })),
      { minLength: 1, maxLength: 20 },
    )
    fc.assert(
      fc.property(records, (lines) => {
        expect(unpackBatch(stored(packBatch(batchOf(lines))))).toEqual(batchOf(lines))
      }),
    )
  })

  it('is the very batch also when it is full, and says nothing of the one before', () => {
    const large = batchOf(Array.from({ length: 200 }, (_, at) => `{"é":"${String(at).repeat(2000)}"}`))
    const small = batchOf(['{}'])
    for (const batch of [small, large, small, large])
      expect(unpackBatch(stored(packBatch(batch)))).toEqual(batch)
  })

  it('takes a small part of what its records take', () => {
    const records = Array.from({ length: 100 }, (_, at) =>
      JSON.stringify({ at, text: 'lookups are allowed' }),
    )
    const { packed } = packBatch(batchOf(records))
    expect(packed.length).toBeLessThan(records.join('').length / 4)
  })
})

describe('what stands in the queue', () => {
  it('is read as earlier releases wrote it', () => {
    expect(unpackBatch(stored(batchOf(['{}', '{"a":1}'])))).toEqual(batchOf(['{}', '{"a":1}']))
  })

  it.each<[string, unknown, string[]]>([
    ['was not packed so', { ...packedAs('{}'), packed: 'hunter2' }, ['packed']],
    ['has no records', { ...packedAs(''), packed: '' }, ['packed']],
    ['has a record that is too long', packedAs('x'.repeat(70_000)), ['records.0']],
    ['has too many records', packedAs('{}\n'.repeat(200)), ['records']],
    ['begins nowhere', { ...packedAs('{}'), fromSeq: -1 }, ['fromSeq']],
    ['is no object', 'hunter2', ['its root']],
  ])('is no batch where it %s', (_, value, places) => {
    expect(unpackBatch(value)).toEqual(places)
  })

  it('is not unpacked further than any batch is long', () => {
    expect(unpackBatch(packedAs(Buffer.alloc(20 * 1024 * 1024)))).toEqual(['packed'])
  })
})
