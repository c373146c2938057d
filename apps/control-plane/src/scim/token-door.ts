import { Injectable } from '@nestjs/common'
import { DirectoryId, TenantId } from '@writ/contracts'
import { Clock } from '../clock.ts'
import { ProblemError } from '../http/problem.ts'
import { isSecretOf } from '../ids-and-secrets.ts'
import type { Admission } from '../tenancy/admission.ts'
import { DirectoryDoor } from '../tenancy/human-door.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

/** Use is written down this often at most. */
const USED_EVERY_MS = 60_000

/** Lets directories in by their token: `<tenant id>.<directory id>.<secret>`. */
@Injectable()
export class TokenDoor extends DirectoryDoor {
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
  ) {
    super()
  }

  /** @returns null for a token that is malformed, unknown, revoked or wrong: the caller cannot tell which */
  override async admit(token: string): Promise<Admission | null> {
    const [tenant, directory, secret = '', ...rest] = token.split('.')
    const [tenantId, id] = [TenantId.safeParse(tenant), DirectoryId.safeParse(directory)]
    if (!tenantId.success || !id.success || rest.length > 0) return null
    try {
      return await this.tenancy.runById(tenantId.data, (db) => this.#admitTo(db, id.data, secret))
    } catch (error) {
      if (error instanceof ProblemError) return null
      throw error
    }
  }

  async #admitTo(db: TenantDb, id: DirectoryId, secret: string): Promise<Admission | null> {
    const stored = await db.first<{ name: string; secretSha256: string }>(
      `select name, secret_sha256 as "secretSha256" from writ.directories
       where tenant_id = $1 and id = $2 and revoked_at is null`,
      [id],
    )
    if (!isSecretOf(secret, stored?.secretSha256 ?? NO_SECRET) || !stored) return null
    const nowMs = this.clock.nowMs()
    await db.rows(
      `update writ.directories set last_used_at = $3 where tenant_id = $1 and id = $2
         and (last_used_at is null or last_used_at < $4)`,
      [id, new Date(nowMs), new Date(nowMs - USED_EVERY_MS)],
    )
    return {
      tenantId: db.tenant.id,
      roles: [],
      by: { kind: 'directory', id, name: stored.name },
      human: null,
    }
  }
}

const NO_SECRET = '0'.repeat(64)
