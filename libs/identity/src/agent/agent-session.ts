import type { TokenAnswer, ToolAuthorizations } from '@writ/contracts'
import { encodeBase64url } from '../base64url.ts'
import { createNonceMemory } from './nonce-memory.ts'
import type { NonceMemory } from './nonce-memory.ts'
import type { TokenOrder } from './request-token.ts'
import { requestToken } from './request-token.ts'
import type { AgentPorts } from './send-proven.ts'
import { sendProven } from './send-proven.ts'
import { signDelegation } from './sign-delegation.ts'
import { signProof } from './sign-proof.ts'
import { createTokenSource } from './token-source.ts'

export type AgentSessionSettings = TokenOrder & {
  readonly ports: AgentPorts
  /** told with each token what the agent's next session says; keep it beside the identity key */
  readonly keepJoinSeq?: (next: number) => void
}

/** What `fetch` sends: a body that can be hashed, and sent again with a fresh proof. */
export type AgentRequestInit = Omit<RequestInit, 'body'> & { readonly body?: string | Uint8Array }

export type SignedHeaders = { readonly authorization: string; readonly dpop: string }

export type AgentSession = {
  /** A token with life left; renewed early, and once for all who ask at the same time. @throws AuthorityError */
  readonly accessToken: () => Promise<string>
  /** The headers of one attempt to send one request. */
  readonly sign: (request: {
    readonly verb: string
    readonly url: string
    readonly body?: string | Uint8Array
  }) => Promise<SignedHeaders>
  /** Hands a part of what this session may do to another agent, which exchanges what is returned once, within two minutes. */
  readonly delegate: (order: DelegationOrder) => Promise<string>
  /** `fetch` under this session; tries once more where a nonce is asked for. */
  readonly fetch: (url: string, init?: AgentRequestInit) => Promise<Response>
  /** Takes note of the nonce in an answer that did not come through `fetch`. */
  readonly noteNonce: (url: string, nonce: string | null) => void
}

export type DelegationOrder = { readonly to: string; readonly authorizations?: ToolAuthorizations }

/** One session of an enrolled agent: token, proofs and nonces. The session key must not be the identity key. */
export function createAgentSession(settings: AgentSessionSettings): AgentSession {
  const { ports, sessionKey } = settings
  const nonces = createNonceMemory()
  const tokens = createTokenSource(ports.nowMs, () => renew(settings, nonces))

  const sign: AgentSession['sign'] = async ({ verb, url, body }) => {
    const accessToken = await tokens.current()
    const nonce = nonces.recall(url, ports.nowMs())
    const dpop = signProof({
      key: sessionKey,
      verb,
      url,
      nowMs: ports.nowMs(),
      jti: encodeBase64url(ports.randomBytes(16)),
      accessToken,
      ...(nonce === undefined ? {} : { nonce }),
      ...(body === undefined ? {} : { body: bytesOf(body) }),
    })
    return { authorization: `DPoP ${accessToken}`, dpop }
  }

  const delegate: AgentSession['delegate'] = async (order) => {
    // The authority hands over only what a session with a living token may do.
    await tokens.current()
    const jti = encodeBase64url(ports.randomBytes(16))
    const { agentId, issuer } = settings
    return signDelegation({ ...order, key: sessionKey, agentId, audience: issuer, nowMs: ports.nowMs(), jti })
  }

  const send: AgentSession['fetch'] = async (url, { body, ...init } = {}) => {
    const accessToken = await tokens.current()
    const bytes = body === undefined ? undefined : bytesOf(body)
    const request = { url, init: { ...init, method: init.method ?? 'GET' }, key: sessionKey, accessToken }
    const response = await sendProven({ ...request, bodyOf: () => bytes }, nonces, ports)
    if (isTokenRefused(response)) tokens.forget(accessToken)
    return response
  }

  return {
    accessToken: tokens.current,
    sign,
    delegate,
    fetch: send,
    noteNonce: (url, nonce) => nonces.remember(url, nonce, ports.nowMs()),
  }
}

async function renew(settings: AgentSessionSettings, nonces: NonceMemory): Promise<TokenAnswer> {
  const answer = await requestToken(settings, nonces, settings.ports)
  if (answer.join_seq !== undefined) settings.keepJoinSeq?.(answer.join_seq)
  return answer
}

const bytesOf = (body: string | Uint8Array): Uint8Array =>
  typeof body === 'string' ? new TextEncoder().encode(body) : body

const isTokenRefused = (response: Response): boolean =>
  response.status === 401 && /\berror="?invalid_token\b/.test(response.headers.get('www-authenticate') ?? '')
