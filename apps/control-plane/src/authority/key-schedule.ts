import { Injectable } from '@nestjs/common'
import { Mint } from '../bundles/mint.ts'
import { Clock } from '../clock.ts'
import { Faults } from '../faults.ts'
import type { Tenant } from '../tenancy/admission.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { AuthorityRecords } from './authority-records.ts'
import { SigningKeys } from './signing-keys.ts'

const ROTATE_EVERY_MS = 30 * 24 * 3_600_000
const LOOK_EVERY_MS = 3_600_000
const TENANTS = 10_000

/** Rotates the signing keys of tenants that issue tokens: looked at after a token, at most once an hour for each tenant. */
@Injectable()
export class KeySchedule {
  readonly #lookedAtMs = new Map<string, number>()

  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
    private readonly signingKeys: SigningKeys,
    private readonly mint: Mint,
    private readonly records: AuthorityRecords,
    private readonly faults: Faults,
  ) {}

  /** Never fails: the key in use is good until another takes over. */
  async look(tenant: Tenant): Promise<void> {
    const nowMs = this.clock.nowMs()
    const sinceMs = nowMs - (this.#lookedAtMs.get(tenant.id) ?? 0)
    // Less than nothing: the clock was set back since.
    if (sinceMs >= 0 && sinceMs < LOOK_EVERY_MS) return
    if (this.#lookedAtMs.size >= TENANTS) this.#lookedAtMs.clear()
    this.#lookedAtMs.set(tenant.id, nowMs)
    try {
      await this.tenancy.run(tenant, (db) => this.#rotateIfDue(db, nowMs))
    } catch (error) {
      this.faults.report('a signing key could not be rotated', error)
    }
  }

  async #rotateIfDue(db: TenantDb, nowMs: number): Promise<void> {
    await this.signingKeys.takeTurns(db)
    if (nowMs - (await this.signingKeys.newestUseMs(db)) < ROTATE_EVERY_MS) return
    const keys = await this.signingKeys.rotate(db, 'soon')
    await this.mint.mint(db)
    await this.records.signingKeyRotated(db, keys)
  }
}
