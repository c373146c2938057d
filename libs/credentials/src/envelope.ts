import { randomBytes } from 'node:crypto'
import type { FieldPlace } from './sealed-field.ts'
import { dekVersionOf, openField, sealField } from './sealed-field.ts'
import type { KeyProvider } from './key-provider.ts'
import { KEY_BYTES } from './key-provider.ts'

export type WrappedDek = { readonly version: number; readonly wrapped: Uint8Array }

/** Where the wrapped data keys of tenants are kept. */
export type DekStore = {
  /** the highest version of a tenant, null when it has none yet */
  readonly latest: (tenant: string) => Promise<WrappedDek | null>
  readonly version: (tenant: string, version: number) => Promise<WrappedDek | null>
  /** keeps a new version unless that version exists, and answers with the one that is kept */
  readonly add: (tenant: string, dek: WrappedDek) => Promise<WrappedDek>
}

export type Place = Omit<FieldPlace, 'dekVersion'>

/** Fields at rest: provider key → data key of the tenant (versioned) → field. */
export type Envelope = {
  /** seals under the tenant's latest data key, making the first one where there is none */
  readonly seal: (plaintext: string, place: Place) => Promise<Uint8Array>
  /** rejects with `SealBroken` where the field does not belong at this place */
  readonly open: (sealed: Uint8Array, place: Place) => Promise<string>
  /** the next version of a tenant's data key; what older versions sealed still opens */
  readonly renew: (tenant: string) => Promise<number>
}

const PURPOSE = 'fields'

export function createEnvelope(provider: KeyProvider, store: DekStore): Envelope {
  const unwrapped = async (tenant: string, dek: WrappedDek) => ({
    version: dek.version,
    key: await provider.unwrap(dek.wrapped, { tenant, purpose: PURPOSE }),
  })
  const make = async (tenant: string, version: number): Promise<WrappedDek> => {
    const wrapped = await provider.wrap(randomBytes(KEY_BYTES), { tenant, purpose: PURPOSE })
    return store.add(tenant, { version, wrapped })
  }
  return {
    async seal(plaintext, place) {
      const dek = (await store.latest(place.tenant)) ?? (await make(place.tenant, 1))
      const { version, key } = await unwrapped(place.tenant, dek)
      return sealField(key, Buffer.from(plaintext, 'utf8'), { ...place, dekVersion: version })
    },
    async open(sealed, place) {
      const dek = await store.version(place.tenant, dekVersionOf(sealed))
      if (!dek) throw new Error('the data key of this field is gone')
      const { version, key } = await unwrapped(place.tenant, dek)
      return Buffer.from(openField(key, sealed, { ...place, dekVersion: version })).toString('utf8')
    },
    async renew(tenant) {
      const latest = await store.latest(tenant)
      return (await make(tenant, (latest?.version ?? 0) + 1)).version
    },
  }
}
