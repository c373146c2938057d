import type { KeyObject } from 'node:crypto'
import { CLIENT_ASSERTION_TYPE, TokenAnswer } from '@writ/contracts'
import { encodeBase64url } from '../base64url.ts'
import { authorityErrorOf } from './authority-error.ts'
import type { NonceMemory } from './nonce-memory.ts'
import type { AgentPorts } from './send-proven.ts'
import { sendProven } from './send-proven.ts'
import { signClientAssertion } from './sign-client-assertion.ts'

export type TokenOrder = {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly agentId: string
  /** long-lived; proves who the agent is */
  readonly identityKey: KeyObject
  /** in memory only; the token is bound to it */
  readonly sessionKey: KeyObject
  /** resources that the token shall be for (RFC 8707); without one, every gateway of the tenant */
  readonly resource?: string | readonly string[]
}

/** Gets one access token by `client_credentials`. @throws AuthorityError when it is refused */
export async function requestToken(
  order: TokenOrder,
  nonces: NonceMemory,
  ports: AgentPorts,
): Promise<TokenAnswer> {
  const response = await sendProven(
    {
      url: order.tokenEndpoint,
      init: { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      key: order.sessionKey,
      bodyOf: () => formOf(order, ports),
    },
    nonces,
    ports,
  )
  if (!response.ok) throw await authorityErrorOf(response)
  return TokenAnswer.parse(await response.json())
}

function formOf({ issuer, agentId, identityKey, resource = [] }: TokenOrder, ports: AgentPorts): Uint8Array {
  const assertion = signClientAssertion({
    key: identityKey,
    agentId,
    audience: issuer,
    nowMs: ports.nowMs(),
    jti: encodeBase64url(ports.randomBytes(16)),
  })
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: CLIENT_ASSERTION_TYPE,
    client_assertion: assertion,
  })
  for (const one of typeof resource === 'string' ? [resource] : resource) form.append('resource', one)
  return new TextEncoder().encode(form.toString())
}
