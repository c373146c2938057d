import type { TokenAnswer, ToolAuthorizations } from '@writ/contracts'
import { GRANT_TYPES, TOKEN_TYPES } from '@writ/contracts'
import { askForToken } from './ask-authority.ts'
import type { AgentClient, FormParameters } from './ask-authority.ts'
import type { NonceMemory } from './nonce-memory.ts'
import type { AgentPorts } from './send-proven.ts'

export type TokenOrder = AgentClient & {
  readonly tokenEndpoint: string
  /** resources that the token shall be for (RFC 8707); without one, every gateway of the tenant */
  readonly resource?: string | readonly string[]
  /** what the token shall be good for (RFC 9396); without it, all that the session may do */
  readonly authorizations?: ToolAuthorizations
}

/** Begins the session of this session key, or renews its token: by `client_credentials`. @throws AuthorityError when it is refused */
export const requestToken = (
  order: TokenOrder,
  nonces: NonceMemory,
  ports: AgentPorts,
): Promise<TokenAnswer> =>
  askForToken(
    order,
    order.tokenEndpoint,
    { grant_type: GRANT_TYPES.clientCredentials, ...wishesOf(order) },
    { ...ports, nonces },
  )

/** What another gave to this agent: a delegation by another agent's session, or the ID token of a human. */
export type Subject = { readonly kind: 'delegation' | 'idToken'; readonly token: string }

/**
 * Begins a session for whom the subject token is about (RFC 8693 §2.1). Afterwards `createAgentSession` with the same session key goes on with it.
 * @throws AuthorityError
 */
export const exchangeToken = (order: TokenOrder, subject: Subject, ports: AgentPorts): Promise<TokenAnswer> =>
  askForToken(
    order,
    order.tokenEndpoint,
    {
      grant_type: GRANT_TYPES.tokenExchange,
      subject_token: subject.token,
      subject_token_type: TOKEN_TYPES[subject.kind],
      ...wishesOf(order),
    },
    ports,
  )

/** Begins a session with the code that came to the loopback address (RFC 6749 §4.1.3, RFC 7636 §4.5). @throws AuthorityError */
export const exchangeCode = (
  order: TokenOrder,
  given: { readonly code: string; readonly redirectUri: string; readonly codeVerifier: string },
  ports: AgentPorts,
): Promise<TokenAnswer> =>
  askForToken(
    order,
    order.tokenEndpoint,
    {
      grant_type: GRANT_TYPES.authorizationCode,
      code: given.code,
      redirect_uri: given.redirectUri,
      code_verifier: given.codeVerifier,
      ...wishesOf(order),
    },
    ports,
  )

export const wishesOf = ({
  resource,
  authorizations,
}: Pick<TokenOrder, 'resource' | 'authorizations'>): FormParameters => ({
  resource,
  authorization_details: authorizations && JSON.stringify(authorizations),
})
