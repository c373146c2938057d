import type { KeyObject } from 'node:crypto'
import { AuthorityError } from '../authority-error.ts'
import type { FormParameters } from '../ask-authority.ts'
import type { NonceMemory } from '../nonce-memory.ts'
import type { AgentPorts } from '../send-proven.ts'
import type { Browser } from './ask-human.ts'
import { askHuman } from './ask-human.ts'
import { askForOutsideToken } from './ask-for-outside-token.ts'
import type { TokenAsker } from './ask-for-outside-token.ts'
import { discoverAuthority, discoverResource } from './discover.ts'
import type { AuthorityMetadata, IssuedToken, ResourceMetadata } from './metadata-shapes.ts'
import { clientAt } from './outside-client.ts'
import type { ClientIdentity, OutsideClient } from './outside-client.ts'
import type { Challenge } from './read-challenges.ts'
import { scopesIn } from './read-challenges.ts'
import { ServerDistrusted } from './server-distrusted.ts'

export type ResourceSessionSettings = {
  /** the MCP server */
  readonly url: string
  readonly client: ClientIdentity
  /** P-256 private key in memory that tokens are bound to; not the client's own */
  readonly sessionKey: KeyObject
  /** asks a human; without it the client acts for itself (`client_credentials`) */
  readonly browser?: Browser
  readonly ports: AgentPorts
}

/** What a server accepts from this client. */
export type OutsideToken = {
  readonly token: string
  readonly isBound: boolean
  readonly issuer: string
  /** everything that was asked for, this time and before */
  readonly scopes: readonly string[]
  readonly refreshToken: string | undefined
  readonly obtainedAtMs: number
}

/** What lasts from one token to the next: who this client is at each authority, and the nonces of each server. */
export type Acquaintances = {
  readonly clients: Map<string, OutsideClient>
  readonly nonces: NonceMemory
}

/**
 * A token for the server of a challenge, by the authority that it names now.
 * @param before the token that no longer suffices
 * @throws AuthorityError, ServerDistrusted
 */
export async function obtainToken(
  settings: ResourceSessionSettings,
  { clients, nonces }: Acquaintances,
  challenge: Challenge | null,
  before: OutsideToken | null,
): Promise<OutsideToken> {
  const { url, client, browser, ports, sessionKey } = settings
  const resource = await discoverResource(url, challenge, ports)
  const issuer = resource.authorization_servers[0] ?? ''
  const authority = await discoverAuthority(issuer, url, ports)
  // What one authority gave is for no other.
  const mine = clients.get(issuer) ?? (await clientAt(authority, client, browser?.redirectUri, ports))
  clients.set(issuer, mine)
  const asker = { authority, client: mine, sessionKey, nonces, ports }
  const earlier = before?.issuer === issuer ? before : null
  const scopes = scopesFor(challenge, resource, earlier)
  const wishes = { resource: resource.resource, ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }) }
  const issued = (await renewed(asker, earlier, scopes, wishes)) ?? (await granted(asker, browser, wishes))
  const isBound = issued.token_type === 'dpop'
  requireType(issued, { mustBeBound: isBindingPromised(challenge, resource, authority) })
  const { access_token: token, refresh_token: refreshToken } = issued
  return { token, isBound, issuer, scopes, refreshToken, obtainedAtMs: ports.nowMs() }
}

/** The challenge knows best; without a word by it, all that the server speaks of. What was asked for before is asked for again. */
function scopesFor(
  challenge: Challenge | null,
  { scopes_supported: offered = [] }: ResourceMetadata,
  earlier: OutsideToken | null,
): string[] {
  return [...new Set([...(earlier?.scopes ?? []), ...(scopesIn(challenge) ?? offered)])]
}

/** No human is asked where only time has passed. */
async function renewed(
  asker: TokenAsker,
  earlier: OutsideToken | null,
  scopes: readonly string[],
  wishes: FormParameters,
): Promise<IssuedToken | null> {
  if (earlier?.refreshToken === undefined || scopes.length > earlier.scopes.length) return null
  const { refreshToken } = earlier
  try {
    const parameters = { ...wishes, grant_type: 'refresh_token', refresh_token: refreshToken }
    const issued = await askForOutsideToken(asker, parameters)
    return { refresh_token: refreshToken, ...issued }
  } catch (error) {
    if (error instanceof AuthorityError && error.error === 'invalid_grant') return null
    throw error
  }
}

async function granted(
  asker: TokenAsker,
  browser: Browser | undefined,
  wishes: FormParameters,
): Promise<IssuedToken> {
  if (browser === undefined) return askForOutsideToken(asker, { ...wishes, grant_type: 'client_credentials' })
  const asked = { ...wishes, ...lastingScope(wishes, asker.authority) }
  return askForOutsideToken(asker, {
    ...(await askHuman(asker, browser, asked)),
    resource: wishes['resource'],
  })
}

/** A proxy outlives a token. Only where the authority offers it, and never by the server's word. */
function lastingScope({ scope }: FormParameters, authority: AuthorityMetadata): FormParameters {
  if (!authority.scopes_supported?.includes('offline_access')) return {}
  return { scope: typeof scope === 'string' ? `${scope} offline_access` : 'offline_access' }
}

/** Who promises bound tokens and then gives one that anybody can use was talked down by somebody. */
const isBindingPromised = (
  challenge: Challenge | null,
  resource: ResourceMetadata,
  authority: AuthorityMetadata,
): boolean =>
  challenge?.scheme === 'dpop' ||
  resource.dpop_bound_access_tokens_required === true ||
  authority.dpop_signing_alg_values_supported?.includes('ES256') === true

function requireType(
  { token_type: type }: IssuedToken,
  { mustBeBound }: { readonly mustBeBound: boolean },
): void {
  if (type === 'dpop' || (type === 'bearer' && !mustBeBound)) return
  throw new ServerDistrusted('the token that was issued is not bound to this client')
}
