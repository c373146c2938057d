import { describe, expect, it } from '@jest/globals'
import type { StreamBatch } from '@writ/contracts'
import { StreamBatch as StreamBatchSchema } from '@writ/contracts'
import * as fc from 'fast-check'
import { batchesOf, openBatch, signBatch, verifyBatch } from './batch.ts'
import { signHead, verifyHead } from './head.ts'
import { hashOf } from './record.ts'
import { AT, framesOf, KEY, nodeKey, OTHER_STREAM, present, PUBLIC_KEY, STREAM } from './sample.fixture.ts'
import { rawPublicKey } from './node-key.ts'

const frames = framesOf(STREAM, 6)
const others = framesOf(OTHER_STREAM, 3)
const limits = { records: 3, sizeBytes: 1e9 }
const batches = batchesOf(frames, limits).map((batch) => signBatch(batch, KEY))
const [first, second] = [present(batches[0]), present(batches[1])]

describe('cutting frames into batches', () => {
  it('keeps one stream and consecutive numbers in a batch', () => {
    const mixed = [frames[0], others[0], frames[1], others[1], frames[3]].flatMap((frame) => frame ?? [])
    expect(batchesOf(mixed).map(({ stream, fromSeq, records }) => [stream, fromSeq, records.length])).toEqual(
      [
        [STREAM, 0, 2],
        [STREAM, 3, 1],
        [OTHER_STREAM, 0, 2],
      ],
    )
  })

  it('loses, repeats and reorders nothing, whatever the limits', () => {
    const limited = fc.record({
      records: fc.integer({ min: 1, max: 8 }),
      sizeBytes: fc.integer({ min: 1, max: 9000 }),
    })
    fc.assert(
      fc.property(limited, (drawn) => {
        const cut = batchesOf([...frames, ...others], drawn)
        expect(cut.flatMap(({ records }) => records)).toEqual(
          [...frames, ...others].map(({ bytes }) => bytes),
        )
        for (const { records } of cut) {
          expect(records.length).toBeLessThanOrEqual(drawn.records)
          if (records.length > 1)
            expect(Buffer.byteLength(records.join(''))).toBeLessThanOrEqual(drawn.sizeBytes)
        }
      }),
    )
  })

  it('makes nothing of nothing', () => {
    expect(batchesOf([])).toEqual([])
  })
})

describe('a signed batch', () => {
  it('fits the wire and holds', () => {
    for (const batch of batches) {
      expect(StreamBatchSchema.parse(batch)).toEqual(batch)
      expect(verifyBatch(batch, PUBLIC_KEY)).toBeNull()
    }
  })

  it('opens to its records', () => {
    expect(openBatch(second, PUBLIC_KEY)).toMatchObject([{ seq: 3 }, { seq: 4 }, { seq: 5 }])
  })

  const resigned = (change: Partial<StreamBatch>): StreamBatch => signBatch({ ...first, ...change }, KEY)
  const [one = '', two = '', three = ''] = first.records

  it.each<[string, StreamBatch, string, string]>([
    [
      'a record that was changed',
      { ...first, records: [one, two.replace('431', '432'), three] },
      'chain',
      'does not follow',
    ],
    [
      'a last record that was changed',
      { ...first, records: [one, two, three.replace('431', '432')] },
      'chain',
      'head of the batch',
    ],
    ['a record that was left out', resigned({ records: [one, three] }), 'sequence', 'sequence number 2'],
    ['a count that was changed', { ...first, records: [one, two] }, 'signature', 'not signed'],
    ['records in another order', { ...first, records: [two, one, three] }, 'sequence', 'sequence number 1'],
    ['another first number', { ...first, fromSeq: 1 }, 'signature', 'not signed'],
    ['another stream', { ...first, stream: OTHER_STREAM }, 'signature', 'not signed'],
    ['another stream, signed', resigned({ stream: OTHER_STREAM }), 'form', 'another stream'],
    ['another tenant', { ...first, tenant: `ten_${'9'.repeat(26)}` }, 'form', 'another tenant'],
    ['another node', { ...first, node: `nod_${'9'.repeat(26)}` }, 'form', 'another node'],
    ['another head, signed', resigned({ headHash: 'd'.repeat(64) }), 'chain', 'head of the batch'],
    [
      'a record that is longer in bytes than in characters',
      resigned({ records: [one, '€'.repeat(22_000), three] }),
      'form',
      'longer than 64 KiB',
    ],
    ['a record that is not canonical', resigned({ records: [`${one} `, two, three] }), 'form', 'canonical'],
    [
      'a start that is no start',
      resigned({ fromSeq: 0, records: [frames[3]?.bytes ?? ''] }),
      'sequence',
      'number 3',
    ],
    ['the signature of another key', signBatch(first, nodeKey(8)), 'signature', 'not signed'],
    ['a signature that is none', { ...first, signature: 'AAAA' }, 'signature', 'not signed'],
  ])('does not hold with %s', (_, batch, check, message) => {
    expect(verifyBatch(batch, PUBLIC_KEY)).toMatchObject({ check, message: expect.stringContaining(message) })
  })

  it('does not hold for a key that is none', () => {
    expect(verifyBatch(first, 'AAAA')).toMatchObject({ check: 'signature' })
  })

  it('names the record and the decision at fault', () => {
    const batch = { ...first, records: [one, two.replace('431', '432'), three] }
    expect(verifyBatch(batch, PUBLIC_KEY)).toMatchObject({
      stream: STREAM,
      seq: 2,
      decisionId: 'dec_00000000000000000000000002',
    })
  })
})

describe('a signed stream head', () => {
  const head = signHead({ stream: STREAM, nextSeq: 6, headHash: hashOf(frames[5]?.bytes ?? ''), at: AT }, KEY)

  it('holds for its node only', () => {
    expect(verifyHead(head, PUBLIC_KEY)).toBeNull()
    expect(verifyHead(head, rawPublicKey(nodeKey(8)))).toMatchObject({ check: 'signature' })
  })

  it.each([
    { nextSeq: 5 },
    { headHash: 'd'.repeat(64) },
    { at: '2026-11-20T10:00:01.000Z' },
    { stream: OTHER_STREAM },
  ])('does not hold with %j', (change) => {
    expect(verifyHead({ ...head, ...change }, PUBLIC_KEY)).toMatchObject({ check: 'signature' })
  })

  it('holds the start of a stream when and only when it is empty', () => {
    const empty = { stream: STREAM, nextSeq: 0, headHash: '0'.repeat(64), at: AT }
    expect(verifyHead(signHead(empty, KEY), PUBLIC_KEY)).toBeNull()
    expect(verifyHead(signHead({ ...empty, nextSeq: 1 }, KEY), PUBLIC_KEY)).toMatchObject({ check: 'chain' })
  })
})
