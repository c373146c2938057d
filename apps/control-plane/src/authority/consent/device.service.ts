import { randomInt } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { AgentId, DeviceAuthorizationAnswer, ToolAuthorizations } from '@writ/contracts'
import { Clock } from '../../clock.ts'
import { newSecret } from '../../ids-and-secrets.ts'
import { Settings } from '../../settings.ts'
import type { SignedIn } from '../../tenancy/human-door.ts'
import type { TenantDb } from '../../tenancy/tenant-db.ts'
import { audienceOf } from '../audience.ts'
import type { AuthenticAgent } from '../authenticate-agent.ts'
import { ClientDoor } from '../client-door.ts'
import { formOf } from '../form.ts'
import type { Parameters } from '../form.ts'
import { OAuthError } from '../oauth-error.ts'
import type { SignedRequest } from '../signed-request.ts'
import { SCOPE } from '../token.service.ts'
import { authTimeOf, Consents } from './consents.ts'
import type { AskingAgent } from './consents.ts'

const TTL_MS = 600_000
const INTERVAL_SECONDS = 5
/** Codes of one agent that may wait at the same time. */
const MOST_PENDING = 10
/** RFC 8628 §6.1: no vowels, so no words; nothing that looks like something else. 20^8 ≈ 2^34.6, behind a sign-in. */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ'

/** A code that waits for its human. */
export type WaitingDevice = {
  readonly agent: AskingAgent
  readonly authorizations: ToolAuthorizations | null
}

/** The device grant (RFC 8628), from the code to what the human says to it. */
@Injectable()
export class DeviceService {
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly clients: ClientDoor,
    private readonly consents: Consents,
  ) {}

  /** @throws OAuthError */
  async begin(db: TenantDb, body: unknown, signed: SignedRequest): Promise<DeviceAuthorizationAnswer> {
    const form = formOf(body)
    form.requireScope(SCOPE)
    const [authorizations, resources] = [form.authorizations(), form.resources()]
    audienceOf(resources, this.settings.gatewaysOf(db.tenant.slug))
    const { agent, keyThumbprint } = await this.#client(db, form, signed)
    const now = new Date(this.clock.nowMs())
    await db.rows('delete from writ.device_codes where tenant_id = $1 and expires_at < $2', [now])
    await requireRoom(db, agent.id)
    const { secret, sha256 } = newSecret()
    const userCode = newUserCode()
    await db.insert('device_codes', {
      code_sha256: sha256,
      user_code: userCode,
      agent_id: agent.id,
      key_thumbprint: keyThumbprint,
      authorization_details: authorizations && JSON.stringify(authorizations),
      resources,
      interval_seconds: INTERVAL_SECONDS,
      expires_at: new Date(now.getTime() + TTL_MS),
    })
    const page = `${this.settings.issuerOf(db.tenant.slug)}/device`
    return {
      device_code: secret,
      user_code: userCode,
      verification_uri: page,
      verification_uri_complete: `${page}?user_code=${userCode}`,
      expires_in: TTL_MS / 1000,
      interval: INTERVAL_SECONDS,
    }
  }

  /** @returns null where there is no such code, or it no longer waits */
  async waiting(db: TenantDb, userCode: string): Promise<WaitingDevice | null> {
    const row = await this.#pending(db, userCode)
    const agent = row && (await this.consents.asking(db, row.agent_id))
    return row && agent && { agent, authorizations: row.authorization_details }
  }

  /** @returns whether there was such a code */
  async decide(db: TenantDb, who: SignedIn, userCode: string, allowed: boolean): Promise<boolean> {
    const row = await this.#pending(db, userCode)
    if (!row) return false
    if (!allowed) {
      await db.rows(
        `update writ.device_codes set status = 'denied' where tenant_id = $1 and user_code = $2`,
        [userCode],
      )
      return true
    }
    const { agent_id: agent, authorization_details: authorizations } = row
    const route = 'POST /t/{slug}/oauth/device'
    const grant = await this.consents.give(db, who, { agent, authorizations, route })
    await db.rows(
      `update writ.device_codes set status = 'approved', grant_id = $3, auth_time = $4, amr = $5
       where tenant_id = $1 and user_code = $2`,
      [userCode, grant.id, authTimeOf(who, this.clock.nowMs()), who.amr],
    )
    return true
  }

  /** With a proof, the code is bound to its key; a client that cannot send one here proves its key where it asks for the token. */
  async #client(
    db: TenantDb,
    form: Parameters,
    signed: SignedRequest,
  ): Promise<{ agent: AuthenticAgent; keyThumbprint: string | null }> {
    const key = await this.clients.provenKey(db, { form, signed, endpoint: 'device_authorization' })
    const agent = await this.clients.agent(db, form)
    return { agent, keyThumbprint: key?.keyThumbprint ?? null }
  }

  // Locked: of two decisions at once the second finds nothing that waits.
  #pending(
    db: TenantDb,
    userCode: string,
  ): Promise<{ agent_id: AgentId; authorization_details: ToolAuthorizations | null } | null> {
    return db.first(
      `select agent_id, authorization_details from writ.device_codes
       where tenant_id = $1 and user_code = $2 and status = 'pending' and expires_at > $3 for update`,
      [userCode, new Date(this.clock.nowMs())],
    )
  }
}

/** As people type it: any case, with or without the hyphen. */
export function userCodeOf(typed: string): string {
  const letters = typed.toUpperCase().replaceAll(/[^A-Z]/g, '')
  return `${letters.slice(0, 4)}-${letters.slice(4)}`
}

function newUserCode(): string {
  const letters = Array.from({ length: 8 }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('')
  return userCodeOf(letters)
}

async function requireRoom(db: TenantDb, agent: AgentId): Promise<void> {
  const pending = await db.first<{ count: number }>(
    `select count(*)::int as count from writ.device_codes where tenant_id = $1 and agent_id = $2 and status = 'pending'`,
    [agent],
  )
  if ((pending?.count ?? 0) < MOST_PENDING) return
  throw new OAuthError('slow_down', 'too many codes of this agent wait', {
    'retry-after': String(TTL_MS / 1000),
  })
}
