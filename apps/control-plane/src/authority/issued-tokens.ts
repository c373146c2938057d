import { Injectable } from '@nestjs/common'
import { isRefusal } from '@writ/contracts'
import type { AccessTokenClaims } from '@writ/contracts'
import { importPublicJwk, verifyAccessToken } from '@writ/identity'
import { Clock } from '../clock.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { livingLineage, standingOf } from './lineage.ts'
import { SigningKeys } from './signing-keys.ts'

/** What this authority knows of a token that it issued. */
@Injectable()
export class IssuedTokens {
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly signingKeys: SigningKeys,
  ) {}

  /** @returns null for a token that is not ours, is of another tenant, or has expired */
  async read(db: TenantDb, token: string): Promise<AccessTokenClaims | null> {
    const keys = new Map((await this.signingKeys.published(db)).map(({ kid, key }) => [kid, key]))
    const audiences = audiencesIn(token)
    const trust = {
      tenantId: db.tenant.id,
      issuer: this.settings.issuerOf(db.tenant.slug),
      // Whoever it is for: that is the gateways' to judge.
      audiences,
      keyOf: (kid: string) => {
        const key = keys.get(kid)
        return (key && importPublicJwk(key)) ?? undefined
      },
    }
    const read = await verifyAccessToken(token, trust, this.clock.nowMs())
    return isRefusal(read) ? null : read.claims
  }

  /** Whether a token that holds still counts: nothing that it rests on was revoked, ended or suspended since. */
  async counts(db: TenantDb, { jti, sid, sub, client_id, epo }: AccessTokenClaims): Promise<boolean> {
    const agent = await db.first<{ epoch: number }>(
      `select epoch from writ.agents a where tenant_id = $1 and id = $2 and status = 'enrolled'
         and not exists (select from writ.revoked_tokens r where r.tenant_id = a.tenant_id and r.jti = $3)`,
      [client_id, jti],
    )
    const epochs = await standingOf(db, sub)
    if (!agent || !epochs || !(await livingLineage(db, sid, this.clock.nowMs()))) return false
    return epo.a >= agent.epoch && epo.t >= epochs.tenant && epo.h >= epochs.human
  }
}

function audiencesIn(token: string): readonly string[] {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const aud: unknown = typeof claims === 'object' && claims !== null ? Reflect.get(claims, 'aud') : null
    return [aud].flat().filter((one): one is string => typeof one === 'string')
  } catch {
    return []
  }
}
