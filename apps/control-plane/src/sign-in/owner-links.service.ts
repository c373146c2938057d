import { Injectable } from '@nestjs/common'
import type { HumanId, OwnerLink } from '@writ/contracts'
import { Administrations } from '../administration/administrations.ts'
import { Clock } from '../clock.ts'
import { HumansService } from '../humans/humans.service.ts'
import { notFound } from '../http/problem.ts'
import { isSecretOf, newId, newSecret, randomToken } from '../ids-and-secrets.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { HumanSessions } from './human-sessions.ts'

const TTL_MS = 600_000
const LINK = /^(wol_[0-9A-HJKMNP-TV-Z]{26})\.([A-Za-z0-9_-]{43})$/

/** The way in for the first owner, and back in for one who is locked out: a link that signs one browser in, once. */
@Injectable()
export class OwnerLinksService {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly humans: HumansService,
    private readonly sessions: HumanSessions,
    private readonly administrations: Administrations,
  ) {}

  /** The human is an owner from then on. Without one: the first owner, or a new human where there is none. @throws 404 */
  async create(db: TenantDb, asked: HumanId | undefined): Promise<OwnerLink> {
    const nowMs = this.clock.nowMs()
    const human = asked === undefined ? await this.#firstOwner(db) : await makeOwner(db, asked)
    await db.rows('delete from writ.owner_links where tenant_id = $1 and expires_at < $2', [new Date(nowMs)])
    const id = newId('wol', nowMs)
    const { secret, sha256 } = newSecret()
    const expiresAt = new Date(nowMs + TTL_MS)
    await db.insert('owner_links', { id, human_id: human, secret_sha256: sha256, expires_at: expiresAt })
    await this.administrations.record(db, {
      permission: 'operator',
      route: 'POST /api/v1/tenants/{slug}/owner-links',
      by: { kind: 'operator', id: 'operator', name: 'operator' },
      target: human,
      before: null,
      after: { id, human, expiresAt: expiresAt.toISOString() },
    })
    const url = `${this.settings.origin}/t/${db.tenant.slug}/owner-link?token=${id}.${secret}`
    return { url, human, expiresAt: expiresAt.toISOString() }
  }

  /** Signs in with a link, which is used up then. @returns null for one that is unknown, used, or too old */
  async use(db: TenantDb, token: string): Promise<{ secret: string; maxAgeSeconds: number } | null> {
    const [, id, secret] = LINK.exec(token) ?? []
    const nowMs = this.clock.nowMs()
    const stored = await db.first<{ secret_sha256: string; human_id: HumanId; name: string }>(
      `select l.secret_sha256, l.human_id, h.name from writ.owner_links l
       join writ.humans h on h.tenant_id = l.tenant_id and h.id = l.human_id and h.status = 'active'
       where l.tenant_id = $1 and l.id = $2 and l.used_at is null and l.expires_at > $3 for update of l for share of h`,
      [id ?? '', new Date(nowMs)],
    )
    if (!isSecretOf(secret ?? '', stored?.secret_sha256 ?? NO_SECRET) || !stored) return null
    await db.rows('update writ.owner_links set used_at = $3 where tenant_id = $1 and id = $2', [
      id,
      new Date(nowMs),
    ])
    const session = await this.sessions.start(db, {
      human: stored.human_id,
      sso: null,
      idpSession: null,
      authTimeMs: nowMs,
      amr: ['otp'],
    })
    await this.#recordUse(db, { id: stored.human_id, name: stored.name }, id ?? null)
    return session
  }

  #recordUse(
    db: TenantDb,
    human: { readonly id: HumanId; readonly name: string },
    link: string | null,
  ): Promise<void> {
    return this.administrations.record(db, {
      permission: 'public',
      route: 'POST /t/{slug}/owner-link',
      by: { kind: 'human', ...human },
      target: link,
      before: null,
      after: null,
    })
  }

  async #firstOwner(db: TenantDb): Promise<HumanId> {
    const owner = await db.first<{ id: HumanId }>(
      `select id from writ.humans where tenant_id = $1 and 'owner' = any(roles) and status = 'active' order by id limit 1`,
    )
    return owner?.id ?? this.#newOwner(db)
  }

  async #newOwner(db: TenantDb): Promise<HumanId> {
    // An address that can be nobody's (RFC 2606 §2).
    const email = `owner-${randomToken(6).toLowerCase()}@${db.tenant.slug}.invalid`
    const { id } = await this.humans.create(db, { name: 'Owner', email })
    return makeOwner(db, id)
  }
}

async function makeOwner(db: TenantDb, human: HumanId): Promise<HumanId> {
  const known = await db.first(
    `update writ.humans set roles = array(select distinct unnest(roles || array['owner']) order by 1)
     where tenant_id = $1 and id = $2 and status = 'active' returning id`,
    [human],
  )
  if (!known) throw notFound()
  return human
}

const NO_SECRET = '0'.repeat(64)
