import { describe, expect, it } from '@jest/globals'
import { canonical, MAX_RECORD_BYTES } from '@writ/audit'
import { assert, jsonValue, property } from 'fast-check'
import { newId, newSecret } from '../ids-and-secrets.ts'
import { recordable } from './recordable.ts'

describe('a view in a record', () => {
  it('keeps what the API shows, fractions as text', () => {
    const view = { id: 'pol_1', version: 2, share: 0.5, groups: ['a'], nothing: null, on: true }
    expect(recordable(view)).toEqual({ ...view, share: '0.5' })
  })

  it('has no secret, under whatever name it stands', () => {
    const { secret } = newSecret()
    const id = newId('wak', 1)
    const view = { id, key: `${id}.${secret}`, note: `use ${id}.${secret} now`, deep: [{ token: secret }] }
    expect(recordable(view)).toEqual({ id, note: `use ${id}.… now`, deep: [{}] })
  })

  it('keeps a public key', () => {
    expect(recordable({ key: { kty: 'EC', x: 'abc' } })).toEqual({ key: { kty: 'EC', x: 'abc' } })
  })

  it('of great size is its short members and the hash of the whole', () => {
    const view = { id: 'pol_1', document: 'x'.repeat(100_000) }
    expect(recordable(view)).toEqual({
      id: 'pol_1',
      cut: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), sizeBytes: 100_028 },
    })
  })

  it('fits into a record with another one, and has one byte form, whatever it is', () => {
    assert(
      property(jsonValue({ maxDepth: 6 }), (view) => {
        const kept = canonical([recordable(view), recordable(view)])
        expect(Buffer.byteLength(kept)).toBeLessThan(MAX_RECORD_BYTES)
      }),
    )
  })
})
