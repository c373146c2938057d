import { Injectable } from '@nestjs/common'
import { MAX_PACKAGES_BYTES, sealPackages, snapshotHash } from '@writ/bundle'
import type { PackageIntelligence, PackagesView } from '@writ/contracts'
import { BundleKeys } from '../bundles/bundle-keys.ts'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { notFound, ProblemError } from '../http/problem.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { changeHooks, hooksOf } from './hooks.ts'

/** A device may still have the bundle before the newest one. */
const KEPT = 2

/** What is known of packages, for the devices of one tenant: signed once, named by the bundle, fetched by hash. */
@Injectable()
export class PackagesService {
  constructor(
    private readonly clock: Clock,
    private readonly keys: BundleKeys,
    private readonly mint: Mint,
  ) {}

  async view(db: TenantDb): Promise<PackagesView> {
    const { intelligence } = (await hooksOf(db)).packages
    const row = await db.first<DocumentRow>(
      `select sha256, title, size_bytes, set_at, set_by from writ.package_documents where tenant_id = $1 and sha256 = $2`,
      [intelligence],
    )
    return row ? viewOf(row) : NONE
  }

  /** @throws 413 for a document that no device would take */
  async set(db: TenantDb, packages: PackageIntelligence, by: string): Promise<PackagesView> {
    const signed = await this.#seal(packages)
    const sha256 = snapshotHash(signed)
    await db.insert(
      'package_documents',
      {
        sha256,
        signed,
        title: packages.title,
        size_bytes: Buffer.byteLength(JSON.stringify(packages)),
        set_at: new Date(this.clock.nowMs()),
        set_by: by,
      },
      `on conflict (tenant_id, sha256) do update set signed = excluded.signed, set_at = excluded.set_at, set_by = excluded.set_by`,
    )
    await db.rows(
      `delete from writ.package_documents where tenant_id = $1 and sha256 <> $2 and sha256 not in (
         select sha256 from writ.package_documents where tenant_id = $1 and sha256 <> $2 order by set_at desc limit $3)`,
      [sha256, KEPT - 1],
    )
    await this.#name(db, sha256)
    return this.view(db)
  }

  /** Devices go by their lists alone, as soon as they have the bundle that says so. */
  async remove(db: TenantDb): Promise<void> {
    await db.rows('delete from writ.package_documents where tenant_id = $1')
    await this.#name(db, null)
  }

  /** The document that this tenant's bundle names, or named before. @throws 404 */
  async signed(db: TenantDb, sha256: string): Promise<string> {
    const row = await db.first<{ signed: string }>(
      'select signed from writ.package_documents where tenant_id = $1 and sha256 = $2',
      [sha256],
    )
    if (!row) throw notFound()
    return row.signed
  }

  async #name(db: TenantDb, sha256: string | null): Promise<void> {
    await changeHooks(db, {}, sha256)
    await this.mint.mint(db)
  }

  async #seal(packages: PackageIntelligence): Promise<string> {
    try {
      return await sealPackages(packages, this.keys.signer)
    } catch (error) {
      if (error instanceof RangeError) throw tooLarge()
      throw error
    }
  }
}

type DocumentRow = { sha256: string; title: string; size_bytes: number; set_at: Date; set_by: string }

const viewOf = (row: DocumentRow): PackagesView => ({
  sha256: row.sha256,
  title: row.title,
  sizeBytes: row.size_bytes,
  setAt: row.set_at.toISOString(),
  setBy: row.set_by,
})

const NONE: PackagesView = { sha256: null, title: null, sizeBytes: null, setAt: null, setBy: null }

const tooLarge = () =>
  new ProblemError({
    title: 'Content Too Large',
    status: 413,
    detail: 'package intelligence has at most 8 MiB',
    limit: 'packagesBytes',
    value: MAX_PACKAGES_BYTES,
  })
