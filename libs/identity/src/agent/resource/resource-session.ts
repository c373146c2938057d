import type { AgentRequestInit } from '../agent-session.ts'
import { AuthorityError } from '../authority-error.ts'
import { createNonceMemory } from '../nonce-memory.ts'
import { sendProven } from '../send-proven.ts'
import type { Acquaintances, OutsideToken, ResourceSessionSettings } from './obtain-token.ts'
import { obtainToken } from './obtain-token.ts'
import type { Challenge } from './read-challenges.ts'
import { challengeIn, scopesIn } from './read-challenges.ts'
import { ServerDistrusted } from './server-distrusted.ts'

/** One client at one MCP server that itself says who issues tokens for it: a Writ gateway, or anybody's. */
export type ResourceSession = {
  /**
   * `fetch` at that server, with a token once it asks for one. A refusal that no further token helps against comes back as it is.
   * @throws AuthorityError, ServerDistrusted
   */
  readonly fetch: (url: string, init?: AgentRequestInit) => Promise<Response>
}

/** For how long a human is not asked again who said no, or whose yes was of no use. */
const HUMAN_REST_MS = 60_000

/** Why a request was refused, where a token may help. */
type Need = { readonly kind: 'token' | 'scope'; readonly challenge: Challenge | null }

export function createResourceSession(settings: ResourceSessionSettings): ResourceSession {
  const acquaintances: Acquaintances = { clients: new Map(), nonces: createNonceMemory() }
  const rest = createRest(settings)
  let held: OutsideToken | null = null
  let underWay: Promise<OutsideToken> | null = null

  /** However many requests are refused at once, one token is asked for. */
  const replace = (refused: OutsideToken | null, need: Need): Promise<OutsideToken> => {
    if (held !== null && held !== refused) return Promise.resolve(held)
    underWay ??= rest
      .unlessNo(() => obtainToken(settings, acquaintances, need.challenge, refused))
      .then((token) => (held = token))
      .finally(() => (underWay = null))
    return underWay
  }

  const send: ResourceSession['fetch'] = async (url, init = {}) => {
    requireSameServer(url, settings.url)
    const tried = new Set<Need['kind']>()
    for (let token = held; ;) {
      const response = await attempt({ url, init, token }, settings, acquaintances)
      const need = needOf(response)
      if (need?.kind !== 'token') rest.noteTaken(token)
      if (need === null || tried.has(need.kind) || isVain(need, token) || rest.isDue(need, token))
        return response
      tried.add(need.kind)
      await response.body?.cancel()
      token = await replace(token, need)
    }
  }

  return { fetch: send }
}

function requireSameServer(url: string, own: string): void {
  if (new URL(url).origin !== new URL(own).origin) throw new TypeError('a session is for one server')
}

/** A server that never has enough, or a human who said no, must not lead to page after page in a browser. */
function createRest({ browser, ports }: ResourceSessionSettings) {
  const taken = new WeakSet<OutsideToken>()
  let refusal: { readonly error: unknown; readonly atMs: number } | null = null
  const isRecent = (atMs: number): boolean => browser !== undefined && ports.nowMs() - atMs < HUMAN_REST_MS

  return {
    noteTaken: (token: OutsideToken | null): void => {
      if (token !== null) taken.add(token)
    },
    /** Whether this token was got a moment ago and never taken. */
    isDue: ({ kind }: Need, token: OutsideToken | null): boolean =>
      kind === 'token' && token !== null && !taken.has(token) && isRecent(token.obtainedAtMs),
    /** A no counts for a while; what only failed may be tried again. */
    unlessNo: async (obtain: () => Promise<OutsideToken>): Promise<OutsideToken> => {
      if (refusal !== null && isRecent(refusal.atMs)) throw refusal.error
      try {
        return await obtain()
      } catch (error) {
        const isNo = error instanceof AuthorityError || error instanceof ServerDistrusted
        refusal = isNo ? { error, atMs: ports.nowMs() } : null
        throw error
      }
    },
  }
}

type Attempt = {
  readonly url: string
  readonly init: AgentRequestInit
  readonly token: OutsideToken | null
}

function attempt(
  { url, init: { body, ...rest }, token }: Attempt,
  { sessionKey, ports }: ResourceSessionSettings,
  { nonces }: Acquaintances,
): Promise<Response> {
  const init = { ...rest, method: rest.method ?? 'GET', redirect: 'error' as const }
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  if (token?.isBound)
    return sendProven(
      { url, init, key: sessionKey, accessToken: token.token, bodyOf: () => bytes },
      nonces,
      ports,
    )
  const headers = new Headers(init.headers)
  if (token !== null) headers.set('authorization', `Bearer ${token.token}`)
  return ports.fetch(url, { ...init, headers, ...(bytes === undefined ? {} : { body: bytes }) })
}

function needOf(response: Response): Need | null {
  if (response.status !== 401 && response.status !== 403) return null
  const challenge = challengeIn(response)
  if (response.status === 401) return { kind: 'token', challenge }
  const isScope = challenge?.parameters.get('error') === 'insufficient_scope'
  return isScope ? { kind: 'scope', challenge } : null
}

/** Asking again for what was asked for already would go on for ever. */
const isVain = ({ kind, challenge }: Need, token: OutsideToken | null): boolean =>
  kind === 'scope' && (scopesIn(challenge) ?? []).every((scope) => token?.scopes.includes(scope))
