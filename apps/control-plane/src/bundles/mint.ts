import { Injectable } from '@nestjs/common'
import { MAX_BUNDLE_BYTES, sealBundle, snapshotHash } from '@writ/bundle'
import type { Bundle } from '@writ/contracts'
import { announceBundle, mintBundleVersion } from '@writ/postgres'
import { SigningKeys } from '../authority/signing-keys.ts'
import { Clock } from '../clock.ts'
import { ProblemError } from '../http/problem.ts'
import { SubjectKeys } from '../personal/subject-keys.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { BundleKeys } from './bundle-keys.ts'
import { COMMIT_CHANNEL } from './commit-watch.ts'
import { tooLarge } from './bundle-size.ts'
import { principalsIn, readBundle, readPrincipals } from './read-bundle.ts'
import type { Issue } from './read-bundle.ts'
import { leaveParts, writeRoster } from './rosters.ts'

/** Kept free of what edits add, so that a bundle which is full still takes every edit that takes something away. */
const RESERVE_BYTES = 16 * 1024
/** Agents and humans together. A bundle of so many takes about 280 KiB of its 1 MiB. */
const MOST_IN_ONE_PIECE = 500
/** A version with one more digit is no growth. */
const SLACK_BYTES = 16

/** Makes the next bundle of a tenant, as the last step of the transaction that edits it. */
@Injectable()
export class Mint {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly keys: BundleKeys,
    private readonly subjects: SubjectKeys,
    private readonly signingKeys: SigningKeys,
  ) {}

  /**
   * An edit and its bundle commit together or not at all. One that does not make the bundle larger never fails on size.
   * @returns the new version
   */
  async mint(db: TenantDb): Promise<number> {
    const version = await mintBundleVersion(db.manager)
    await this.subjects.prepareNames(db)
    const issuedAt = new Date(this.clock.nowMs())
    const signed = await this.#signed(db, {
      version,
      issuedAt,
      issuer: this.settings.issuerOf(db.tenant.slug),
      issuerKeys: await this.signingKeys.published(db),
    })
    await requireRoom(db, signed.length)
    await db.insert('bundles', { version, signed, sha256: snapshotHash(signed), issued_at: issuedAt })
    await announceBundle(db.manager, { tenantId: db.tenant.id, slug: db.tenant.slug, version })
    // Postgres delivers it at commit, to every control plane: nobody wakes for an edit that was rolled back.
    await db.manager.query('select pg_notify($1, $2)', [COMMIT_CHANNEL, db.tenant.slug])
    return version
  }

  /** In one piece where everybody fits, as every release reads it; otherwise with a roster. */
  async #signed(db: TenantDb, issue: Issue): Promise<string> {
    const rest = await readBundle(db, issue)
    const whole = await this.#sealWhole(db, rest)
    if (whole !== null) {
      await leaveParts(db, [], issue.issuedAt)
      return whole
    }
    return this.#seal({ ...rest, roster: await writeRoster(db, issue.issuedAt) })
  }

  /** Null where they are too many, or too large with everything else. */
  async #sealWhole(db: TenantDb, rest: Bundle): Promise<string | null> {
    if ((await principalsIn(db)) > MOST_IN_ONE_PIECE) return null
    const signed = await this.#seal({ ...rest, ...(await readPrincipals(db)) }).catch((error: unknown) => {
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

async function requireRoom(db: TenantDb, sizeBytes: number): Promise<void> {
  if (sizeBytes <= MAX_BUNDLE_BYTES - RESERVE_BYTES) return
  const before = await db.first<{ sizeBytes: number }>(
    `select length(signed) as "sizeBytes" from writ.bundles where tenant_id = $1 order by version desc limit 1`,
  )
  if (sizeBytes > (before?.sizeBytes ?? 0) + SLACK_BYTES) throw tooLarge()
}
