import { Injectable } from '@nestjs/common'
import type { HumanId } from '@writ/contracts'
import { PlatformQueries } from '@writ/postgres'
import type { ApiKeyRow } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { ProblemError } from '../http/problem.ts'
import { isSecretOf } from '../ids-and-secrets.ts'
import type { Admission } from './admission.ts'
import { KeyUse } from './key-use.ts'
import { Tenancy } from './tenancy.ts'
import type { TenantDb } from './tenant-db.ts'

const API_KEY = /^(wak_[0-9A-HJKMNP-TV-Z]{26})\.([A-Za-z0-9_-]{43})$/

/** Turns a presented API key into its tenant and role. */
@Injectable()
export class ApiKeyDoor {
  constructor(
    private readonly clock: Clock,
    private readonly platform: PlatformQueries,
    private readonly uses: KeyUse,
    private readonly tenancy: Tenancy,
  ) {}

  /** @returns null for a key that is malformed, unknown, revoked, expired or wrong, or of a human who is nobody now: the caller cannot tell which. */
  async admit(presented: string): Promise<Admission | null> {
    const [, id, secret] = API_KEY.exec(presented) ?? []
    if (id === undefined || secret === undefined) return null
    const stored = await this.platform.apiKeyById(id)
    if (!isSecretOf(secret, stored?.secretSha256 ?? NO_SECRET) || !stored) return null
    if (isOver(stored, this.clock.nowMs()) || !(await this.#itsHumanCounts(stored))) return null
    this.uses.note(id, stored)
    return admissionOf(id, stored)
  }

  /** Whoever has left has left with the keys that name them. */
  async #itsHumanCounts({ tenantId, humanId }: ApiKeyRow): Promise<boolean> {
    if (humanId === null) return true
    try {
      return await this.tenancy.runById(tenantId, (db) => isActive(db, humanId))
    } catch (error) {
      if (error instanceof ProblemError) return false
      throw error
    }
  }
}

const isActive = async (db: TenantDb, human: HumanId): Promise<boolean> =>
  (await db.first(`select 1 from writ.humans where tenant_id = $1 and id = $2 and status = 'active'`, [
    human,
  ])) !== null

// The hash of nothing: an unknown key costs the same comparison as a wrong one.
const NO_SECRET = '0'.repeat(64)

const isOver = ({ expiresAt }: ApiKeyRow, nowMs: number): boolean =>
  expiresAt !== null && expiresAt.getTime() <= nowMs

const admissionOf = (id: string, { tenantId, role, name, humanId, madeBy }: ApiKeyRow): Admission => ({
  tenantId,
  roles: [role],
  by: { kind: 'api-key', id, name },
  human: humanId,
  maker: madeBy,
})
