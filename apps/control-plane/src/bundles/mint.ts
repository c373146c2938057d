import { Injectable } from '@nestjs/common'
import { MAX_BUNDLE_BYTES, sealBundle, snapshotHash } from '@writ/bundle'
import type { Bundle } from '@writ/contracts'
import { announceBundle, mintBundleVersion } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { ProblemError } from '../http/problem.ts'
import { SubjectKeys } from '../personal/subject-keys.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { BundleKeys } from './bundle-keys.ts'
import { COMMIT_CHANNEL } from './commit-watch.ts'
import { readBundle } from './read-bundle.ts'

/** Kept free of what edits add, so that a bundle which is full still takes every edit that takes something away. */
const RESERVE_BYTES = 16 * 1024
/** A version with one more digit is no growth. */
const SLACK_BYTES = 16

/** Makes the next bundle of a tenant, as the last step of the transaction that edits it. */
@Injectable()
export class Mint {
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly keys: BundleKeys,
    private readonly subjects: SubjectKeys,
  ) {}

  /**
   * An edit and its bundle commit together or not at all. One that does not make the bundle larger never fails on size.
   * @returns the new version
   */
  async mint(db: TenantDb): Promise<number> {
    const version = await mintBundleVersion(db.manager)
    await this.subjects.prepareNames(db)
    const issuedAt = new Date(this.clock.nowMs())
    const bundle = await readBundle(db, { version, issuedAt, issuer: this.settings.issuerOf(db.tenant.slug) })
    const signed = (await this.#sealWhole(bundle)) ?? (await this.#seal(withoutSubjects(bundle)))
    await requireRoom(db, signed.length)
    await db.insert('bundles', { version, signed, sha256: snapshotHash(signed), issued_at: issuedAt })
    await announceBundle(db.manager, { tenantId: db.tenant.id, slug: db.tenant.slug, version })
    // Postgres delivers it at commit, to every control plane: nobody wakes for an edit that was rolled back.
    await db.manager.query('select pg_notify($1, $2)', [COMMIT_CHANNEL, db.tenant.slug])
    return version
  }

  /** Null where it is too large with what seals the names of humans: then records name them by their ids, and nobody is kept from working. */
  async #sealWhole(bundle: Bundle): Promise<string | null> {
    const signed = await this.#seal(bundle).catch((error: unknown) => {
      if (error instanceof ProblemError) return null
      throw error
    })
    return signed !== null && signed.length <= MAX_BUNDLE_BYTES - RESERVE_BYTES ? signed : null
  }

  async #seal(bundle: Bundle): Promise<string> {
    try {
      return await sealBundle(bundle, this.keys.signer)
    } catch (error) {
      if (error instanceof RangeError) throw tooLarge()
      throw error
    }
  }
}

const withoutSubjects = ({ humans, ...bundle }: Bundle): Bundle => ({
  ...bundle,
  humans: humans.map(({ id, name, groups, epoch }) => ({ id, name, groups, epoch })),
})

async function requireRoom(db: TenantDb, sizeBytes: number): Promise<void> {
  if (sizeBytes <= MAX_BUNDLE_BYTES - RESERVE_BYTES) return
  const before = await db.first<{ sizeBytes: number }>(
    `select length(signed) as "sizeBytes" from writ.bundles where tenant_id = $1 order by version desc limit 1`,
  )
  if (sizeBytes > (before?.sizeBytes ?? 0) + SLACK_BYTES) throw tooLarge()
}

const tooLarge = () =>
  new ProblemError({
    title: 'Conflict',
    status: 409,
    detail: 'this would make the policy bundle larger than 1 MiB',
    limit: 'bundleBytes',
    value: MAX_BUNDLE_BYTES,
  })
