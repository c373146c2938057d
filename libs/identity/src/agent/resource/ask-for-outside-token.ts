import type { KeyObject } from 'node:crypto'
import { CLIENT_ASSERTION_TYPE } from '@writ/contracts'
import { encodeBase64url } from '../../base64url.ts'
import { authorityErrorOf } from '../authority-error.ts'
import type { FormParameters } from '../ask-authority.ts'
import type { NonceMemory } from '../nonce-memory.ts'
import type { AgentPorts } from '../send-proven.ts'
import { sendProven } from '../send-proven.ts'
import { signClientAssertion } from '../sign-client-assertion.ts'
import { readJson } from '../read-json.ts'
import { IssuedToken } from './metadata-shapes.ts'
import type { AuthorityMetadata } from './metadata-shapes.ts'
import type { OutsideClient } from './outside-client.ts'
import { methodsOf } from './outside-client.ts'
import { ServerDistrusted } from './server-distrusted.ts'

/** A client at its authority, and the key that tokens shall be bound to. */
export type TokenAsker = {
  readonly authority: AuthorityMetadata
  readonly client: OutsideClient
  readonly sessionKey: KeyObject
  readonly nonces: NonceMemory
  readonly ports: AgentPorts
}

/**
 * One token request, always under a proof: an authority that knows no DPoP does not look at it (RFC 9449 §5), and one that does binds the token.
 * @throws AuthorityError, ServerDistrusted
 */
export async function askForOutsideToken(
  asker: TokenAsker,
  parameters: FormParameters,
): Promise<IssuedToken> {
  const { authority, sessionKey, nonces, ports } = asker
  const response = await sendProven(
    {
      url: authority.token_endpoint,
      init: { method: 'POST', headers: headersOf(asker), redirect: 'error' },
      key: sessionKey,
      bodyOf: () => new TextEncoder().encode(formOf(asker, parameters).toString()),
    },
    nonces,
    ports,
  )
  if (!response.ok) throw await authorityErrorOf(response)
  const answer = IssuedToken.safeParse(await readJson(response))
  if (!answer.success) throw new ServerDistrusted('the authority answered without a token')
  return answer.data
}

function headersOf(asker: TokenAsker): Record<string, string> {
  const plain = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
  if (methodOf(asker) !== 'client_secret_basic') return plain
  const { clientId, secret = '' } = asker.client
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`
  return { ...plain, authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** Made anew for each attempt: an assertion is good once. */
function formOf(asker: TokenAsker, parameters: FormParameters): URLSearchParams {
  const form = new URLSearchParams(authenticationOf(asker))
  for (const [name, value = []] of Object.entries(parameters))
    for (const one of typeof value === 'string' ? [value] : value) form.append(name, one)
  return form
}

function authenticationOf(asker: TokenAsker): Record<string, string> {
  const { authority, client, ports } = asker
  const { clientId, key, secret = '' } = client
  const method = methodOf(asker)
  if (method === 'client_secret_basic') return {}
  if (method === 'client_secret_post') return { client_id: clientId, client_secret: secret }
  if (key === undefined) return { client_id: clientId }
  return {
    client_id: clientId,
    client_assertion_type: CLIENT_ASSERTION_TYPE,
    client_assertion: signClientAssertion({
      key,
      agentId: clientId,
      audience: authority.issuer,
      nowMs: ports.nowMs(),
      jti: encodeBase64url(ports.randomBytes(16)),
    }),
  }
}

/** RFC 6749 §2.3: one method only. What was agreed counts; without that, the first that both sides have. */
function methodOf({ authority, client }: TokenAsker): string {
  if (client.key !== undefined) return 'private_key_jwt'
  if (client.method !== undefined) return client.method
  if (client.secret === undefined) return 'none'
  return SECRET_METHODS.find((method) => methodsOf(authority).includes(method)) ?? 'none'
}

const SECRET_METHODS = ['client_secret_basic', 'client_secret_post']
