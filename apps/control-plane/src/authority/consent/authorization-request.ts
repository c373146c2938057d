import { AgentId } from '@writ/contracts'
import type { ToolAuthorizations } from '@writ/contracts'
import { audienceOf } from '../audience.ts'
import { invalid, Parameters } from '../form.ts'
import { OAuthError } from '../oauth-error.ts'

/** Where the answer goes, and whom it is for: known before anything else, and wrong where the browser must not be sent on. */
export type Destination = {
  readonly agentId: AgentId
  readonly redirectUri: string
  readonly state: string | null
}

/** What an agent asks of a human (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707, RFC 9396, RFC 9449 §10). */
export type AuthorizationRequest = {
  readonly codeChallenge: string
  /** thumbprint of the session key that alone may use the code */
  readonly keyThumbprint: string | null
  readonly authorizations: ToolAuthorizations | null
  readonly resources: readonly string[]
}

/** A program on the human's own machine (RFC 8252 §7.3): a loopback address and nothing else, on whatever port. */
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|\[::1\]):([1-9]\d{0,4})(\/[\w\-./~%]*)?$/
const LONGEST_STATE = 512

/** @returns null where nobody may be sent anywhere */
export function destinationOf(parameters: Parameters): Destination | null {
  try {
    const agentId = AgentId.safeParse(parameters.only('client_id'))
    const redirectUri = parameters.only('redirect_uri')
    const state = parameters.optional('state')
    const port = Number(LOOPBACK.exec(redirectUri)?.[1])
    const isWell = agentId.success && port <= 65_535 && (state?.length ?? 0) <= LONGEST_STATE
    return isWell ? { agentId: agentId.data, redirectUri, state } : null
  } catch {
    return null
  }
}

/** @throws OAuthError, which goes back to the agent */
export function authorizationRequestOf(
  parameters: Parameters,
  { scope, gateways }: { readonly scope: string; readonly gateways: readonly string[] },
): AuthorizationRequest {
  if (parameters.only('response_type') !== 'code')
    throw new OAuthError('unsupported_response_type', 'the response type is code')
  const mode = parameters.optional('response_mode')
  if (mode !== null && mode !== 'query') throw invalid('the response mode is query')
  if (parameters.only('code_challenge_method') !== 'S256') throw invalid('code_challenge_method must be S256')
  if (parameters.optional('request') !== null || parameters.optional('request_uri') !== null)
    throw invalid('request objects are not taken')
  parameters.requireScope(scope)
  const resources = parameters.resources()
  audienceOf(resources, gateways)
  return {
    codeChallenge: sha256In(parameters, 'code_challenge') ?? missing('code_challenge'),
    keyThumbprint: sha256In(parameters, 'dpop_jkt'),
    authorizations: parameters.authorizations(),
    resources,
  }
}

function sha256In(parameters: Parameters, name: string): string | null {
  const value = parameters.optional(name)
  if (value !== null && !/^[A-Za-z0-9_-]{43}$/.test(value))
    throw invalid(`${name} is no SHA-256 in base64url`)
  return value
}

function missing(name: string): never {
  throw invalid(`${name} is missing`)
}

/** The way back to the agent, with who answers (RFC 9207). */
export function answerUrl(
  { redirectUri, state }: Destination,
  issuer: string,
  answer: Readonly<Record<string, string>>,
): string {
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value)
  if (state !== null) url.searchParams.set('state', state)
  url.searchParams.set('iss', issuer)
  return url.href
}
