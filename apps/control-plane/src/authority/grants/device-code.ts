import type { GrantId } from '@writ/contracts'
import { sha256Hex } from '../../ids-and-secrets.ts'
import type { TenantDb } from '../../tenancy/tenant-db.ts'
import { consented } from '../consent/consented.ts'
import { OAuthError } from '../oauth-error.ts'
import type { Granted, GrantRequest } from './grant-request.ts'

/** RFC 8628 §3.5: how much longer to wait after asking too often. */
const SLOWER_SECONDS = 5

/** A human decides in a browser, and this device asks until they have (RFC 8628 §3.4). */
export async function deviceCode(request: GrantRequest): Promise<Granted | OAuthError> {
  const { db, nowMs } = request
  const codeSha256 = sha256Hex(request.form.only('device_code'))
  const code = await codeOf(db, codeSha256)
  if (!code || !isFor(code, request)) throw new OAuthError('invalid_grant', 'the device code does not count')
  if (code.status === 'used') throw new OAuthError('invalid_grant', 'the device code was used before')
  if (code.expires_at.getTime() <= nowMs) throw new OAuthError('expired_token', 'the device code has expired')
  if (code.status === 'denied') throw new OAuthError('access_denied', 'the human said no')
  const { grant_id: grant } = code
  if (code.status === 'pending' || grant === null) return wait(db, codeSha256, { code, nowMs })
  const { auth_time: authTime, amr, resources } = code
  const beginning = await consented(request, { grant, authTime, amr, resources })
  await db.rows(`update writ.device_codes set status = 'used' where tenant_id = $1 and code_sha256 = $2`, [
    codeSha256,
  ])
  return { beginning }
}

type CodeRow = {
  agent_id: string
  key_thumbprint: string | null
  status: 'pending' | 'approved' | 'denied' | 'used'
  grant_id: GrantId | null
  auth_time: Date | null
  amr: string[] | null
  resources: string[]
  interval_seconds: number
  polled_at: Date | null
  expires_at: Date
}

// Locked: of two who ask at once with one code, one gets the session.
const codeOf = (db: TenantDb, codeSha256: string): Promise<CodeRow | null> =>
  db.first<CodeRow>(
    `select agent_id, key_thumbprint, status, grant_id, auth_time, amr, resources, interval_seconds, polled_at, expires_at
     from writ.device_codes where tenant_id = $1 and code_sha256 = $2 for update`,
    [codeSha256],
  )

const isFor = ({ agent_id, key_thumbprint }: CodeRow, { agent, key }: GrantRequest): boolean =>
  agent_id === agent.id && (key_thumbprint === null || key_thumbprint === key.keyThumbprint)

async function wait(
  db: TenantDb,
  codeSha256: string,
  { code, nowMs }: { readonly code: CodeRow; readonly nowMs: number },
): Promise<OAuthError> {
  const { polled_at, interval_seconds } = code
  const isTooSoon = polled_at !== null && nowMs - polled_at.getTime() < interval_seconds * 1000
  await db.rows(
    `update writ.device_codes set polled_at = $3, interval_seconds = $4 where tenant_id = $1 and code_sha256 = $2`,
    [codeSha256, new Date(nowMs), interval_seconds + (isTooSoon ? SLOWER_SECONDS : 0)],
  )
  return isTooSoon
    ? new OAuthError('slow_down', 'ask less often')
    : new OAuthError('authorization_pending', 'the human has not decided yet')
}
