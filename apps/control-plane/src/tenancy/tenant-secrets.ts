import { Injectable } from '@nestjs/common'
import type { ConnectionId, OutletId, SsoConnectionId, SubjectKeyId } from '@writ/contracts'
import { createEnvelope, SealBroken } from '@writ/credentials'
import type { DekStore, Envelope, KeyProvider, Place, WrappedDek } from '@writ/credentials'
import { MasterKey } from './master-key.ts'
import type { TenantDb } from './tenant-db.ts'

/** One version of the credential of one connection. `origin`: where it may be sent, of the connection's URL. */
export type CredentialPlace = {
  readonly id: ConnectionId
  readonly version: number
  readonly origin: string
}

/** One version of our secret at an identity provider. */
export type SsoSecretPlace = { readonly id: SsoConnectionId; readonly version: number }

/** One version of what an outlet proves itself with. */
export type OutletSecretPlace = { readonly id: OutletId; readonly purpose: string; readonly version: number }

/** What of a tenant is sealed at rest under its own data key. What is sealed for one row opens in no other. */
@Injectable()
export class TenantSecrets {
  constructor(private readonly masterKey: MasterKey) {}

  sealCredential(db: TenantDb, place: CredentialPlace, secret: string): Promise<Uint8Array> {
    return this.#envelope(db).seal(secret, credentialPlace(db, place))
  }

  /** Rejects with `SealBroken` also where the URL of the connection leads elsewhere than the one that the credential was given for. */
  async openCredential(db: TenantDb, place: CredentialPlace, sealed: Uint8Array): Promise<string> {
    const envelope = this.#envelope(db)
    try {
      return await envelope.open(sealed, credentialPlace(db, place))
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      return envelope.open(sealed, boundlessPlace(db, place))
    }
  }

  sealSigningKey(db: TenantDb, kid: string, privatePem: string): Promise<Uint8Array> {
    return this.#envelope(db).seal(privatePem, signingKeyPlace(db, kid))
  }

  /** Rejects with `SealBroken` also where the sealed bytes name a data key that is not there. */
  openSigningKey(db: TenantDb, kid: string, sealed: Uint8Array): Promise<string> {
    return createEnvelope(this.masterKey, presentIn(dekStoreOf(db))).open(sealed, signingKeyPlace(db, kid))
  }

  sealSsoSecret(db: TenantDb, place: SsoSecretPlace, secret: string): Promise<Uint8Array> {
    return this.#envelope(db).seal(secret, ssoSecretPlace(db, place))
  }

  openSsoSecret(db: TenantDb, place: SsoSecretPlace, sealed: Uint8Array): Promise<string> {
    return this.#envelope(db).open(sealed, ssoSecretPlace(db, place))
  }

  sealOutletSecret(db: TenantDb, place: OutletSecretPlace, secret: string): Promise<Uint8Array> {
    return this.#envelope(db).seal(secret, outletSecretPlace(db, place))
  }

  openOutletSecret(db: TenantDb, place: OutletSecretPlace, sealed: Uint8Array): Promise<string> {
    return this.#envelope(db).open(sealed, outletSecretPlace(db, place))
  }

  sealSubjectKey(db: TenantDb, id: SubjectKeyId, secret: string): Promise<Uint8Array> {
    return this.#envelope(db).seal(secret, subjectKeyPlace(db, id))
  }

  /** For many at once: data keys are fetched and unwrapped once. */
  openSubjectKeys(db: TenantDb): (id: SubjectKeyId, sealed: Uint8Array) => Promise<string> {
    const envelope = createEnvelope(unwrappedOnce(this.masterKey), fetchedOnce(dekStoreOf(db)))
    return (id, sealed) => envelope.open(sealed, subjectKeyPlace(db, id))
  }

  #envelope(db: TenantDb): Envelope {
    return createEnvelope(this.masterKey, dekStoreOf(db))
  }
}

// The version is part of the place: an older secret that is put back into a newer row stays shut. So is the origin: whoever changes the URL
// in the database is sent no credential.
const credentialPlace = (db: TenantDb, { origin, ...place }: CredentialPlace): Place => {
  const boundless = boundlessPlace(db, place)
  return { ...boundless, column: `${boundless.column}@${origin}` }
}

// Of credentials that were given before origins were part of it.
const boundlessPlace = ({ tenant }: TenantDb, { id, version }: Omit<CredentialPlace, 'origin'>): Place => ({
  tenant: tenant.id,
  table: 'connections',
  row: id,
  column: `sealed_secret.${version}`,
})

const signingKeyPlace = ({ tenant }: TenantDb, kid: string): Place => ({
  tenant: tenant.id,
  table: 'signing_keys',
  row: kid,
  column: 'sealed_private',
})

const ssoSecretPlace = ({ tenant }: TenantDb, { id, version }: SsoSecretPlace): Place => ({
  tenant: tenant.id,
  table: 'sso_connections',
  row: id,
  column: `sealed_secret.${version}`,
})

const outletSecretPlace = ({ tenant }: TenantDb, { id, purpose, version }: OutletSecretPlace): Place => ({
  tenant: tenant.id,
  table: 'outlet_secrets',
  row: id,
  column: `sealed_secret.${purpose}.${version}`,
})

const subjectKeyPlace = ({ tenant }: TenantDb, id: SubjectKeyId): Place => ({
  tenant: tenant.id,
  table: 'subject_keys',
  row: id,
  column: 'sealed_private',
})

/** The same store, for bytes that anybody may have written: one that lacks their data key is no accident. */
const presentIn = (store: DekStore): DekStore => ({
  ...store,
  version: async (tenant, version) => {
    const dek = await store.version(tenant, version)
    if (!dek) throw new SealBroken()
    return dek
  },
})

/** The same store, for a moment in which no key changes. */
function fetchedOnce(store: DekStore): DekStore {
  const versions = new Map<number, ReturnType<DekStore['version']>>()
  return {
    ...store,
    version: (tenant, version) => {
      const known = versions.get(version) ?? store.version(tenant, version)
      versions.set(version, known)
      return known
    },
  }
}

function unwrappedOnce(provider: KeyProvider): KeyProvider {
  const keys = new Map<Uint8Array, ReturnType<KeyProvider['unwrap']>>()
  return {
    wrap: provider.wrap,
    unwrap: (wrapped, use) => {
      const known = keys.get(wrapped) ?? provider.unwrap(wrapped, use)
      keys.set(wrapped, known)
      return known
    },
  }
}

/** The wrapped data keys of the open tenant. */
const dekStoreOf = (db: TenantDb): DekStore => ({
  latest: () =>
    db.first<WrappedDek>(
      'select version, wrapped_dek as wrapped from writ.tenant_keys where tenant_id = $1 order by version desc limit 1',
    ),
  version: (_, version) => dekOf(db, version),
  add: async (_, { version, wrapped }) => {
    await db.rows(
      'insert into writ.tenant_keys (tenant_id, version, wrapped_dek) values ($1, $2, $3) on conflict do nothing',
      [version, wrapped],
    )
    const kept = await dekOf(db, version)
    if (!kept) throw new Error('the data key was not kept')
    return kept
  },
})

// Sealed bytes can name versions beyond what the column holds: those are not there, and no failure of the transaction.
const dekOf = (db: TenantDb, version: number): Promise<WrappedDek | null> =>
  db.first<WrappedDek>(
    'select version, wrapped_dek as wrapped from writ.tenant_keys where tenant_id = $1 and version = $2::bigint',
    [version],
  )
