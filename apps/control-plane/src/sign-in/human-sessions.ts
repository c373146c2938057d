import { createHmac } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { HumanId, Role, SsoConnectionId } from '@writ/contracts'
import { Clock } from '../clock.ts'
import { newSecret, sha256Hex } from '../ids-and-secrets.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'

const HOUR_MS = 3_600_000
/** How long a session may rest, and how long it may be in all. */
const EVERYBODY = { idleMs: 12 * HOUR_MS, wholeMs: 168 * HOUR_MS }
const PRIVILEGED = { idleMs: HOUR_MS, wholeMs: 8 * HOUR_MS }
/** Being seen is written down this often at most. */
const SEEN_EVERY_MS = 60_000
const MOST_OF_ONE_HUMAN = 50

export type NewHumanSession = {
  readonly human: HumanId
  /** null for an owner link */
  readonly sso: SsoConnectionId | null
  /** `sid` of the identity provider */
  readonly idpSession: string | null
  /** null when the identity provider does not say when they proved who they are */
  readonly authTimeMs: number | null
  /** RFC 8176 */
  readonly amr: readonly string[]
}

export type HumanSession = {
  readonly human: HumanId
  readonly name: string
  readonly email: string
  readonly roles: readonly Role[]
  readonly authTimeMs: number | null
  readonly amr: readonly string[]
}

/** Sessions of humans in browsers. Postgres knows them by the hash of what the cookie holds; ending one is deleting it. */
@Injectable()
export class HumanSessions {
  constructor(private readonly clock: Clock) {}

  /** @returns the secret for the cookie, always a new one, and how long the cookie is good for at most */
  async start(
    db: TenantDb,
    { human, sso, idpSession, authTimeMs, amr }: NewHumanSession,
  ): Promise<{ secret: string; maxAgeSeconds: number }> {
    const { secret, sha256 } = newSecret()
    const now = new Date(this.clock.nowMs())
    await this.#makeRoom(db, human)
    await db.insert('human_sessions', {
      id_sha256: sha256,
      human_id: human,
      sso_id: sso,
      idp_session: idpSession,
      created_at: now,
      last_seen_at: now,
      auth_time: authTimeMs === null ? null : new Date(authTimeMs),
      amr,
    })
    return { secret, maxAgeSeconds: EVERYBODY.wholeMs / 1000 }
  }

  /** The live session of an active human. An owner or admin has less time. @param isSeen whether it rested until now */
  async find(db: TenantDb, secret: string, isSeen: boolean): Promise<HumanSession | null> {
    const nowMs = this.clock.nowMs()
    const id = sha256Hex(secret)
    const row = await db.first<SessionRow>(SELECT, [id])
    if (!row || isOver(row, nowMs)) return null
    if (isSeen && nowMs - row.last_seen_at.getTime() > SEEN_EVERY_MS)
      await db.rows(
        'update writ.human_sessions set last_seen_at = $3 where tenant_id = $1 and id_sha256 = $2',
        [id, new Date(nowMs)],
      )
    const { human, name, email, roles, amr, auth_time } = row
    return { human, name, email, roles, amr, authTimeMs: auth_time?.getTime() ?? null }
  }

  async end(db: TenantDb, secret: string): Promise<void> {
    await db.rows('delete from writ.human_sessions where tenant_id = $1 and id_sha256 = $2', [
      sha256Hex(secret),
    ])
  }

  async endAllOf(db: TenantDb, human: HumanId): Promise<void> {
    await db.rows('delete from writ.human_sessions where tenant_id = $1 and human_id = $2', [human])
  }

  async endAllFrom(db: TenantDb, sso: SsoConnectionId): Promise<void> {
    await db.rows('delete from writ.human_sessions where tenant_id = $1 and sso_id = $2', [sso])
  }

  // Old ones go, so that signing in again and again fills no table.
  async #makeRoom(db: TenantDb, human: HumanId): Promise<void> {
    await db.rows(
      `delete from writ.human_sessions where tenant_id = $1 and human_id = $2 and (created_at < $3 or id_sha256 in (
         select id_sha256 from writ.human_sessions where tenant_id = $1 and human_id = $2
         order by last_seen_at desc offset $4))`,
      [human, new Date(this.clock.nowMs() - EVERYBODY.wholeMs), MOST_OF_ONE_HUMAN - 1],
    )
  }
}

/** What else a browser needs to hold is derived from the one secret in its cookie, so that nothing of it is stored. */
export const derived = (secret: string, purpose: 'state' | 'nonce' | 'verifier' | 'form'): string =>
  createHmac('sha256', secret).update(`writ ${purpose}`).digest('base64url')

type SessionRow = {
  human: HumanId
  name: string
  email: string
  roles: Role[]
  created_at: Date
  last_seen_at: Date
  auth_time: Date | null
  amr: string[]
}

const SELECT = `select s.human_id as human, h.name, h.email, h.roles, s.created_at, s.last_seen_at, s.auth_time, s.amr
  from writ.human_sessions s join writ.humans h on h.tenant_id = s.tenant_id and h.id = s.human_id
  where s.tenant_id = $1 and s.id_sha256 = $2 and h.status = 'active'`

function isOver({ roles, created_at, last_seen_at }: SessionRow, nowMs: number): boolean {
  const { idleMs, wholeMs } = roles.some((role) => role === 'owner' || role === 'admin')
    ? PRIVILEGED
    : EVERYBODY
  return nowMs - last_seen_at.getTime() > idleMs || nowMs - created_at.getTime() > wholeMs
}
