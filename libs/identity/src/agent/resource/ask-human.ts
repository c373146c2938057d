import { createHash } from 'node:crypto'
import { encodeBase64url } from '../../base64url.ts'
import { publicJwkOf, thumbprintOf } from '../../keys.ts'
import { AuthorityError } from '../authority-error.ts'
import type { FormParameters } from '../ask-authority.ts'
import type { TokenAsker } from './ask-for-outside-token.ts'
import { ServerDistrusted } from './server-distrusted.ts'

/** A human's browser, as far as a program can use it. */
export type Browser = {
  /** loopback address that the browser comes back to (RFC 8252 §7.3) */
  readonly redirectUri: string
  /** Shows the page, and settles with the whole address that the browser came back to. */
  readonly visit: (url: string) => Promise<string>
}

/**
 * Lets a human decide in a browser (RFC 6749 §4.1, RFC 7636), and gives the parameters of the token request that follows.
 * @throws AuthorityError where the human or the authority says no; ServerDistrusted where the answer is not by the authority that was asked
 */
export async function askHuman(
  asker: TokenAsker,
  browser: Browser,
  wishes: FormParameters,
): Promise<FormParameters> {
  const { authority, ports } = asker
  const verifier = encodeBase64url(ports.randomBytes(32))
  const state = encodeBase64url(ports.randomBytes(16))
  const url = pageOf(asker, browser.redirectUri, { ...wishes, state, code_challenge: challengeOf(verifier) })
  const answer = new URL(await browser.visit(url))
  requireAnswerTo(state, answer)
  requireIssuer(authority.issuer, authority.authorization_response_iss_parameter_supported === true, answer)
  return {
    grant_type: 'authorization_code',
    code: codeIn(answer),
    redirect_uri: browser.redirectUri,
    code_verifier: verifier,
  }
}

function pageOf(
  { authority, client, sessionKey }: TokenAsker,
  redirectUri: string,
  parameters: FormParameters,
): string {
  const { authorization_endpoint: endpoint, code_challenge_methods_supported: methods = [] } = authority
  if (endpoint === undefined || !methods.includes('S256'))
    throw new ServerDistrusted('the authority has no way of asking a human that is safe against interception')
  const url = new URL(endpoint)
  const all = {
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: redirectUri,
    code_challenge_method: 'S256',
    ...parameters,
    // The code is then of no use without the session key (RFC 9449 §10).
    ...(authority.dpop_signing_alg_values_supported && { dpop_jkt: thumbprintOf(publicJwkOf(sessionKey)) }),
  }
  for (const [name, value = []] of Object.entries(all))
    for (const one of typeof value === 'string' ? [value] : value) url.searchParams.append(name, one)
  return url.href
}

const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url')

/** Somebody else's answer must not end this question (RFC 6749 §10.12). */
function requireAnswerTo(state: string, { searchParams }: URL): void {
  if (oneOf(searchParams, 'state') !== state)
    throw new ServerDistrusted('the browser came back with the answer to another question')
}

/** Mix-up (RFC 9207 §2.4): compared as it stands, also where nothing was promised, and before anything else of the answer counts. */
function requireIssuer(issuer: string, isPromised: boolean, { searchParams }: URL): void {
  if (!isPromised && !searchParams.has('iss')) return
  if (oneOf(searchParams, 'iss') !== issuer)
    throw new ServerDistrusted('the answer in the browser is not by the authority that was asked')
}

function codeIn({ searchParams }: URL): string {
  const error = searchParams.get('error')
  if (error !== null)
    throw new AuthorityError(400, error, searchParams.get('error_description') ?? 'the authority said no')
  const code = oneOf(searchParams, 'code')
  if (code === null || code === '') throw new ServerDistrusted('the browser came back without a code')
  return code
}

/** Null where a parameter is missing or stands twice. */
function oneOf(parameters: URLSearchParams, name: string): string | null {
  const all = parameters.getAll(name)
  return all.length === 1 ? (all[0] ?? null) : null
}
