import { createHash } from 'node:crypto'
import type { GrantId, SessionId } from '@writ/contracts'
import { isSameText, sha256Hex } from '../../ids-and-secrets.ts'
import { endSession } from '../../sessions/end-sessions.ts'
import type { TenantDb } from '../../tenancy/tenant-db.ts'
import { consented } from '../consent/consented.ts'
import { OAuthError } from '../oauth-error.ts'
import type { Granted, GrantRequest } from './grant-request.ts'

/** The code that a human's browser brought to the agent's loopback address (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9449 §10). */
export async function authorizationCode(request: GrantRequest): Promise<Granted | OAuthError> {
  const { db, form } = request
  const codeSha256 = sha256Hex(form.only('code'))
  const [redirectUri, verifier] = [form.only('redirect_uri'), form.only('code_verifier')]
  const code = await codeOf(db, codeSha256)
  if (!code || code.agent_id !== request.agent.id || code.redirect_uri !== redirectUri) throw noGrant()
  if (!isSameText(challengeOf(verifier), code.code_challenge)) throw noGrant()
  if (code.session_id !== null) return usedTwice(request, code.session_id)
  if (code.key_thumbprint !== null && code.key_thumbprint !== request.key.keyThumbprint) throw noGrant()
  if (code.expires_at.getTime() <= request.nowMs) throw noGrant()
  const { grant_id: grant, auth_time: authTime, amr, resources } = code
  const beginning = await consented(request, { grant, authTime, amr, resources })
  const noteSession = async (session: SessionId) => {
    await db.rows(
      `update writ.authorization_codes set session_id = $3 where tenant_id = $1 and code_sha256 = $2`,
      [codeSha256, session],
    )
  }
  return { beginning, noteSession }
}

type CodeRow = {
  agent_id: string
  grant_id: GrantId
  redirect_uri: string
  code_challenge: string
  key_thumbprint: string | null
  resources: string[]
  auth_time: Date
  amr: string[]
  session_id: SessionId | null
  expires_at: Date
}

// Locked: of two who ask at once with one code, one gets the session, and the other ends it.
const codeOf = (db: TenantDb, codeSha256: string): Promise<CodeRow | null> =>
  db.first<CodeRow>(
    `select agent_id, grant_id, redirect_uri, code_challenge, key_thumbprint, resources, auth_time, amr, session_id, expires_at
     from writ.authorization_codes where tenant_id = $1 and code_sha256 = $2 for update`,
    [codeSha256],
  )

const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url')

const noGrant = (): OAuthError => new OAuthError('invalid_grant', 'the authorization code does not count')

/** Whoever knew code and verifier came twice: one of them is a thief, so what the first got ends (RFC 6749 §4.1.2). */
async function usedTwice({ db, nowMs }: GrantRequest, session: SessionId): Promise<OAuthError> {
  const reason = 'its authorization code was used twice'
  const ended = await endSession(db, session, { at: new Date(nowMs), by: null, reason })
  // Coming a third time changes nothing, and makes no work for the gateways.
  if (ended === 0) throw noGrant()
  return new OAuthError('invalid_grant', 'the authorization code was used before; its session is over')
}
