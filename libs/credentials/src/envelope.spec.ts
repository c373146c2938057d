import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { SealBroken } from './aead.ts'
import type { DekStore, WrappedDek } from './envelope.ts'
import { createEnvelope } from './envelope.ts'
import { createLocalKeyProvider } from './key-provider.ts'
import type { FieldPlace } from './sealed-field.ts'
import { dekVersionOf, openField, sealField } from './sealed-field.ts'

const PLACE: FieldPlace = {
  tenant: 'ten_a',
  table: 'connections',
  row: 'con_1',
  column: 'sealed_secret',
  dekVersion: 1,
}
const SECRET = 'sk-live-0123456789'
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe('sealField', () => {
  const dek = randomBytes(32)
  const sealed = sealField(dek, bytesOf(SECRET), PLACE)

  it('opens at its own place', () => {
    expect(textOf(openField(dek, sealed, PLACE))).toBe(SECRET)
    expect(dekVersionOf(sealed)).toBe(1)
  })

  it.each<[string, Partial<FieldPlace>]>([
    ['another tenant', { tenant: 'ten_b' }],
    ['another table', { table: 'signing_keys' }],
    ['another row', { row: 'con_2' }],
    ['another column', { column: 'url' }],
    ['another key version', { dekVersion: 2 }],
  ])('stays shut when it was copied to %s', (_, moved) => {
    expect(() => openField(dek, sealed, { ...PLACE, ...moved })).toThrow(SealBroken)
  })

  it('stays shut under another key', () => {
    expect(() => openField(randomBytes(32), sealed, PLACE)).toThrow(SealBroken)
  })

  it('stays shut when any one byte of it was changed', () => {
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 1 : byte))
      expect(() => openField(dek, changed, PLACE)).toThrow(SealBroken)
    }
  })

  it('stays shut when it was cut short', () => {
    for (const length of [0, 4, 5, 20, sealed.length - 1])
      expect(() => openField(dek, sealed.subarray(0, length), PLACE)).toThrow(SealBroken)
  })

  it('never seals twice alike', () => {
    expect(sealField(dek, bytesOf(SECRET), PLACE)).not.toEqual(sealField(dek, bytesOf(SECRET), PLACE))
  })

  it('does not contain what it seals', () => {
    expect(Buffer.from(sealed).includes(SECRET)).toBe(false)
  })

  it('refuses a place that could be read as another one', () => {
    expect(() => sealField(dek, bytesOf(SECRET), { ...PLACE, tenant: 'a|b' })).toThrow(RangeError)
    expect(() => sealField(dek, bytesOf(SECRET), { ...PLACE, row: '' })).toThrow(RangeError)
  })
})

describe('createLocalKeyProvider', () => {
  const provider = createLocalKeyProvider(randomBytes(32))
  const use = { tenant: 'ten_a', purpose: 'fields' }

  it('unwraps what it wrapped, for the same tenant and purpose only', async () => {
    const dek = randomBytes(32)
    const wrapped = await provider.wrap(dek, use)
    expect(Buffer.from(await provider.unwrap(wrapped, use)).equals(dek)).toBe(true)
    await expect(provider.unwrap(wrapped, { ...use, tenant: 'ten_b' })).rejects.toThrow(SealBroken)
    await expect(provider.unwrap(wrapped, { ...use, purpose: 'signing' })).rejects.toThrow(SealBroken)
  })

  it('does not unwrap what another master key wrapped', async () => {
    const other = createLocalKeyProvider(randomBytes(32))
    await expect(provider.unwrap(await other.wrap(randomBytes(32), use), use)).rejects.toThrow(SealBroken)
  })

  it('takes no master key of another length', () => {
    expect(() => createLocalKeyProvider(randomBytes(16))).toThrow(RangeError)
  })
})

describe('createEnvelope', () => {
  const place = { tenant: 'ten_a', table: 'connections', row: 'con_1', column: 'sealed_secret' }

  it('seals a field, and opens it at its place', async () => {
    const envelope = createEnvelope(createLocalKeyProvider(randomBytes(32)), memoryStore())
    const sealed = await envelope.seal(SECRET, place)
    expect(await envelope.open(sealed, place)).toBe(SECRET)
  })

  it('keeps tenants apart: a row copied to another tenant stays shut', async () => {
    const envelope = createEnvelope(createLocalKeyProvider(randomBytes(32)), memoryStore())
    const sealed = await envelope.seal(SECRET, place)
    await envelope.seal('other', { ...place, tenant: 'ten_b' })
    await expect(envelope.open(sealed, { ...place, tenant: 'ten_b' })).rejects.toThrow(SealBroken)
  })

  it('stays shut even when the wrapped key was copied along', async () => {
    const store = memoryStore()
    const envelope = createEnvelope(createLocalKeyProvider(randomBytes(32)), store)
    const sealed = await envelope.seal(SECRET, place)
    const stolen = await store.latest('ten_a')
    if (stolen) await store.add('ten_b', stolen)
    await expect(envelope.open(sealed, { ...place, tenant: 'ten_b' })).rejects.toThrow(SealBroken)
  })

  it('seals under a new version after renewal, and still opens what the old one sealed', async () => {
    const envelope = createEnvelope(createLocalKeyProvider(randomBytes(32)), memoryStore())
    const old = await envelope.seal('old', place)
    expect(await envelope.renew('ten_a')).toBe(2)
    const fresh = await envelope.seal('fresh', place)
    expect([dekVersionOf(old), dekVersionOf(fresh)]).toEqual([1, 2])
    expect([await envelope.open(old, place), await envelope.open(fresh, place)]).toEqual(['old', 'fresh'])
  })

  it('agrees on one first key when two callers make it at once', async () => {
    const envelope = createEnvelope(createLocalKeyProvider(randomBytes(32)), memoryStore())
    const sealed = await Promise.all(['a', 'b', 'c'].map((text) => envelope.seal(text, place)))
    expect(await Promise.all(sealed.map((field) => envelope.open(field, place)))).toEqual(['a', 'b', 'c'])
  })
})

function memoryStore(): DekStore {
  const rows = new Map<string, WrappedDek[]>()
  const of = (tenant: string): WrappedDek[] => rows.get(tenant) ?? []
  return {
    latest: async (tenant) => of(tenant).at(-1) ?? null,
    version: async (tenant, version) => of(tenant).find((row) => row.version === version) ?? null,
    add: async (tenant, dek) => {
      const kept = of(tenant).find((row) => row.version === dek.version)
      if (!kept) rows.set(tenant, [...of(tenant), dek])
      return kept ?? dek
    },
  }
}
