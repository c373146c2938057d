import type { KeyObject } from 'node:crypto'
import { CLIENT_ASSERTION_TYPE, TokenAnswer } from '@writ/contracts'
import { encodeBase64url } from '../base64url.ts'
import { authorityErrorOf } from './authority-error.ts'
import type { NonceMemory } from './nonce-memory.ts'
import { createNonceMemory } from './nonce-memory.ts'
import type { AgentPorts } from './send-proven.ts'
import { sendProven } from './send-proven.ts'
import { signClientAssertion } from './sign-client-assertion.ts'

/** Who asks the authority, and with which keys. */
export type AgentClient = {
  readonly issuer: string
  readonly agentId: string
  /** long-lived; proves who the agent is */
  readonly identityKey: KeyObject
  /** in memory only; what is issued is bound to it */
  readonly sessionKey: KeyObject
  /** what the authority said that the next session says; without it this client does not count its sessions */
  readonly joinSeq?: number
}

/** Parameters of a form; several values make the parameter stand several times. */
export type FormParameters = Readonly<Record<string, string | readonly string[] | undefined>>

/** Sends one form to an endpoint of the authority, as the agent and under a proof by its session key. @throws AuthorityError */
export async function askAuthority(
  client: AgentClient,
  endpoint: string,
  parameters: FormParameters,
  ports: AgentPorts & { readonly nonces?: NonceMemory },
): Promise<unknown> {
  const response = await sendProven(
    {
      url: endpoint,
      init: { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      key: client.sessionKey,
      bodyOf: () => formOf(client, parameters, ports),
    },
    ports.nonces ?? createNonceMemory(),
    ports,
  )
  if (!response.ok) throw await authorityErrorOf(response)
  const text = await response.text()
  return text === '' ? null : JSON.parse(text)
}

/** @throws AuthorityError */
export const askForToken = async (...asked: Parameters<typeof askAuthority>): Promise<TokenAnswer> =>
  TokenAnswer.parse(await askAuthority(...asked))

/** Made anew for each attempt: an assertion is good once. */
function formOf(client: AgentClient, parameters: FormParameters, ports: AgentPorts): Uint8Array {
  const form = new URLSearchParams({
    client_assertion_type: CLIENT_ASSERTION_TYPE,
    client_assertion: signClientAssertion({
      key: client.identityKey,
      agentId: client.agentId,
      audience: client.issuer,
      nowMs: ports.nowMs(),
      jti: encodeBase64url(ports.randomBytes(16)),
      ...(client.joinSeq === undefined ? {} : { joinSeq: client.joinSeq }),
    }),
  })
  for (const [name, value = []] of Object.entries(parameters))
    for (const one of typeof value === 'string' ? [value] : value) form.append(name, one)
  return new TextEncoder().encode(form.toString())
}
