import type { KeyObject } from 'node:crypto'
import type { ToolAuthorizations } from '@writ/contracts'
import { DELEGATION_TYPE } from '@writ/contracts'
import { encodeBase64url } from '../base64url.ts'
import { signCompactJws } from '../compact-jws.ts'
import { publicJwkOf } from '../keys.ts'

export type DelegationRequest = {
  /** the delegating agent's session key */
  readonly key: KeyObject
  readonly agentId: string
  /** the agent that may act from now on */
  readonly to: string
  /** the issuer of the authority */
  readonly audience: string
  readonly nowMs: number
  readonly jti: string
  /** what is handed over; without it, all that this session may do */
  readonly authorizations?: ToolAuthorizations
}

const LIFE_SECONDS = 120

/** Signs what a sub-agent exchanges for a token of its own (RFC 8693 §2.1). It counts once. */
export function signDelegation(request: DelegationRequest): string {
  const iat = Math.floor(request.nowMs / 1_000)
  const header = { typ: DELEGATION_TYPE, alg: 'ES256', jwk: publicJwkOf(request.key) }
  const claims = {
    iss: request.agentId,
    sub: request.to,
    aud: request.audience,
    iat,
    exp: iat + LIFE_SECONDS,
    jti: request.jti,
    ...(request.authorizations === undefined ? {} : { authorization_details: request.authorizations }),
  }
  return signCompactJws(encodeBase64url(JSON.stringify(header)), claims, request.key)
}
