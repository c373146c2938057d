import { Injectable } from '@nestjs/common'
import type { SsoConnectionId } from '@writ/contracts'
import { createRemoteJWKSet, customFetch as keySetFetch } from 'jose'
import type { JWTVerifyGetKey } from 'jose'
import * as oidc from 'openid-client'
import { Clock } from '../clock.ts'
import { Outbound } from './outbound.ts'

/** What an identity provider says of itself is asked anew after this, and after this when it could not be asked. */
const KEPT_MS = 600_000
const FAILURE_KEPT_MS = 5000
const MOST_KEPT = 500
const TIMEOUT_SECONDS = 5
/** How old the proof may be when a fresh one was asked for; the rest of the way takes a person some time too. */
const FRESH_MAX_AGE_SECONDS = 300
/** No proof is older than a session may be. */
const USUAL_MAX_AGE_SECONDS = 604_800

/** A connection with its secret open, for the time of one sign-in. */
export type OpenSsoConnection = {
  readonly id: SsoConnectionId
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly secretVersion: number
  readonly scopes: readonly string[]
  readonly jit: boolean
}

/** What binds the answer of the identity provider to the browser that asked. */
export type SignInChecks = {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** whether they had to prove anew who they are */
  readonly fresh: boolean
}

/** What an identity provider said of somebody, after every check. Only `issuer` and `subject` say who it is. */
export type ProvenIdentity = {
  readonly issuer: string
  readonly subject: string
  readonly idpSession: string | null
  readonly authTimeMs: number | null
  readonly amr: readonly string[]
  readonly name: string | null
  readonly email: string | null
  readonly emailVerified: boolean
}

/** Our side of OpenID Connect: code, PKCE, state, nonce, and the issuer in the answer (RFC 9207). */
@Injectable()
export class RelyingParty {
  readonly #known = new Map<string, { untilMs: number; readonly provider: Promise<Provider> }>()

  constructor(
    private readonly clock: Clock,
    private readonly outbound: Outbound,
  ) {}

  /** Where the browser goes to sign in. @throws when the identity provider cannot be reached, or is not who it should be */
  async authorizationUrl(
    connection: OpenSsoConnection,
    redirectUri: string,
    { state, nonce, verifier, fresh }: SignInChecks,
  ): Promise<string> {
    const { config } = await this.#providerOf(connection)
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: [...new Set(['openid', ...connection.scopes])].join(' '),
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      // Asked for in every case, as only then must they say when it was.
      max_age: String(fresh ? FRESH_MAX_AGE_SECONDS : USUAL_MAX_AGE_SECONDS),
      ...(fresh && { prompt: 'login' }),
    })
    return url.href
  }

  /** @param answered the URL at which the browser came back @throws when anything in the answer does not hold */
  async finish(connection: OpenSsoConnection, answered: URL, checks: SignInChecks): Promise<ProvenIdentity> {
    const { config } = await this.#providerOf(connection)
    const tokens = await oidc.authorizationCodeGrant(config, answered, {
      pkceCodeVerifier: checks.verifier,
      expectedState: checks.state,
      expectedNonce: checks.nonce,
      idTokenExpected: true,
      ...(checks.fresh && { maxAge: FRESH_MAX_AGE_SECONDS }),
    })
    const claims = tokens.claims()
    if (!claims) throw new Error('an ID token was asked for')
    const inToken = claimsOf(claims)
    const asksMore =
      connection.jit && inToken.email === null && config.serverMetadata().userinfo_endpoint !== undefined
    if (!asksMore) return inToken
    const said = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)
    return { ...inToken, ...personOf(said) }
  }

  /** The keys that the identity provider signs with. @throws as above */
  async keysOf(connection: OpenSsoConnection): Promise<JWTVerifyGetKey> {
    return (await this.#providerOf(connection)).keys
  }

  async #providerOf(connection: OpenSsoConnection): Promise<Provider> {
    const { id, issuer, clientId, secretVersion } = connection
    const key = JSON.stringify([id, issuer, clientId, secretVersion])
    const nowMs = this.clock.nowMs()
    const known = this.#known.get(key)
    if (known && nowMs < known.untilMs) return known.provider
    const entry = { untilMs: nowMs + KEPT_MS, provider: discover(connection, this.outbound) }
    this.#known.delete(key)
    this.#known.set(key, entry)
    if (this.#known.size > MOST_KEPT) this.#forgetOldest()
    // Kept for a moment, so that nobody makes us ask one that is away again and again.
    entry.provider.catch(() => {
      entry.untilMs = nowMs + FAILURE_KEPT_MS
    })
    return entry.provider
  }

  #forgetOldest(): void {
    const [oldest] = this.#known.keys()
    if (oldest !== undefined) this.#known.delete(oldest)
  }
}

type Provider = { readonly config: oidc.Configuration; readonly keys: JWTVerifyGetKey }

async function discover(
  { issuer, clientId, clientSecret }: OpenSsoConnection,
  outbound: Outbound,
): Promise<Provider> {
  const reach: oidc.CustomFetch = (url, { body, headers, method, signal }) =>
    outbound.fetch(url, { headers, method, ...(body != null && { body }), ...(signal && { signal }) })
  const config = await oidc.discovery(new URL(issuer), clientId, {}, authenticate(clientSecret), {
    timeout: TIMEOUT_SECONDS,
    [oidc.customFetch]: reach,
    // Whether plain http may be is the way out's to say, and only for loopback.
    execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
  })
  const said = config.serverMetadata()
  if (said.issuer !== issuer) throw new Error('the identity provider calls itself otherwise')
  if (said.jwks_uri === undefined) throw new Error('the identity provider names no keys')
  const keys = createRemoteJWKSet(new URL(said.jwks_uri), {
    [keySetFetch]: (url: string, init: RequestInit) => outbound.fetch(url, init),
  })
  return { config, keys }
}

/** RFC 6749 §2.3.1 wants Basic; who says that it takes only the other form gets that. */
const authenticate =
  (secret: string): oidc.ClientAuth =>
  (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const form = methods.includes('client_secret_basic') ? oidc.ClientSecretBasic : oidc.ClientSecretPost
    form(secret)(server, client, body, headers)
  }

const claimsOf = (claims: oidc.IDToken): ProvenIdentity => ({
  issuer: claims.iss,
  subject: claims.sub,
  idpSession: textOf(claims['sid'], 255),
  authTimeMs: claims.auth_time === undefined ? null : claims.auth_time * 1000,
  amr: amrOf(claims.amr),
  ...personOf(claims),
})

const personOf = (said: Readonly<Record<string, unknown>>) => ({
  name: textOf(said['name'], 100),
  email: textOf(said['email'], 254)?.toLowerCase() ?? null,
  // Entra and others send nothing here, and that is no yes.
  emailVerified: said['email_verified'] === true,
})

const amrOf = (claim: unknown): string[] =>
  Array.isArray(claim) ? claim.filter((method) => textOf(method, 32) !== null).slice(0, 10) : []

const textOf = (claim: unknown, most: number): string | null =>
  typeof claim === 'string' && claim.length > 0 && claim.length <= most ? claim : null
