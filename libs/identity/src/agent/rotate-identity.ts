import type { KeyObject } from 'node:crypto'
import { ROTATION_TYPE, RotationAnswer } from '@writ/contracts'
import { encodeBase64url } from '../base64url.ts'
import { signCompactJws } from '../compact-jws.ts'
import { publicJwkOf, thumbprintOf } from '../keys.ts'
import { authorityErrorOf } from './authority-error.ts'
import { createNonceMemory } from './nonce-memory.ts'
import type { AgentPorts } from './send-proven.ts'
import { sendProven } from './send-proven.ts'

export type RotationOrder = {
  /** `<issuer>/rotate` */
  readonly endpoint: string
  readonly issuer: string
  readonly agentId: string
  readonly currentKey: KeyObject
  /** P-256 private key that was never an identity; kept by the caller before it asks, so that a lost answer loses nothing */
  readonly newKey: KeyObject
  readonly ports: AgentPorts
}

/** Replaces the identity key: the one that goes signs for the one that comes, and that one proves itself. @throws AuthorityError */
export async function rotateIdentity(order: RotationOrder): Promise<RotationAnswer> {
  const { endpoint, newKey, ports } = order
  const response = await sendProven(
    {
      url: endpoint,
      init: { method: 'POST', headers: { 'content-type': 'application/json' } },
      key: newKey,
      bodyOf: () => new TextEncoder().encode(JSON.stringify({ statement: statementOf(order) })),
    },
    createNonceMemory(),
    ports,
  )
  if (!response.ok) throw await authorityErrorOf(response)
  return RotationAnswer.parse(await response.json())
}

const LIFE_SECONDS = 60

function statementOf({ issuer, agentId, currentKey, newKey, ports }: RotationOrder): string {
  const iat = Math.floor(ports.nowMs() / 1_000)
  const claims = {
    iss: agentId,
    sub: agentId,
    aud: issuer,
    iat,
    exp: iat + LIFE_SECONDS,
    jti: encodeBase64url(ports.randomBytes(16)),
    cnf: { jkt: thumbprintOf(publicJwkOf(newKey)) },
  }
  return signCompactJws(HEADER, claims, currentKey)
}

const HEADER = encodeBase64url(JSON.stringify({ typ: ROTATION_TYPE, alg: 'ES256' }))
