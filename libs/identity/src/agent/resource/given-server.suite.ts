import { createHash } from 'node:crypto'
import { isRefusal } from '@writ/contracts'
import { generateKeyPem } from '../../keys.ts'
import { createMemoryReplayGuard } from '../../memory-replay-guard.ts'
import { createNonceKeeper } from '../../nonces.ts'
import { verifyProof } from '../../verify-proof.ts'
import type { AgentPorts } from '../send-proven.ts'
import type { ResourceSessionSettings } from './obtain-token.ts'

const NOW_MS = 1_790_000_000_000
const nowMs = () => NOW_MS

/** What the server and its authority are like; everything else about them is in order. */
export type OutsideWorld = {
  readonly url: string
  readonly issuer: string
  readonly knowsDpop: boolean
  readonly requiresNonce: boolean
  readonly tokenType: string
  /** replaces members of a document, by its address */
  readonly documents: Record<string, object | string | undefined>
  /** replaces members of the challenge of a 401 */
  readonly challenge: string | undefined
  /** what the page of the authority sends the browser back with */
  readonly answer: Record<string, string | readonly string[]>
  readonly refreshes: boolean
}

const ORDINARY: OutsideWorld = {
  url: 'https://tools.example/acme/mcp',
  issuer: 'https://id.example/acme',
  knowsDpop: true,
  requiresNonce: false,
  tokenType: 'DPoP',
  documents: {},
  challenge: undefined,
  answer: {},
  refreshes: false,
}

/** An MCP server and its authority behind a `fetch`; proofs are judged by the real verifier. Tokens are good for what they were asked for. */
export function givenServer(changes: Partial<OutsideWorld> = {}) {
  const world = { ...ORDINARY, ...changes, documents: { ...changes.documents } }
  const replay = createMemoryReplayGuard(nowMs)
  const nonces = createNonceKeeper({
    secret: Buffer.alloc(32, 3),
    scope: 'outside',
    required: world.requiresNonce,
    nowMs,
  })
  const log: { url: string; form: URLSearchParams; headers: Headers }[] = []
  const tokens = new Map<string, { scopes: string[]; thumbprint: string }>()
  const state = { required: '', pages: [] as URL[] }
  let counter = 0

  const proven = async (request: Request, body: string) =>
    verifyProof(
      {
        dpop: request.headers.has('dpop') ? [request.headers.get('dpop') ?? ''] : [],
        verb: request.method,
        resource: request.url,
        bodySha256: createHash('sha256').update(body).digest('base64url'),
      },
      { replay, nonces, nowMs: NOW_MS },
    )

  const giveToken = async (request: Request, body: string): Promise<Response> => {
    const form = new URLSearchParams(body)
    const proof = await proven(request, body)
    if (world.knowsDpop && isRefusal(proof)) return nonceAsked(400, nonces.current())
    if (form.get('grant_type') === 'refresh_token' && !world.refreshes)
      return Response.json({ error: 'invalid_grant' }, { status: 400 })
    const token = `token-${tokens.size + 1}`
    const scopes = (form.get('scope') ?? state.pages.at(-1)?.searchParams.get('scope') ?? '').split(' ')
    tokens.set(token, { scopes, thumbprint: isRefusal(proof) ? '' : proof.keyThumbprint })
    const refresh = world.refreshes ? { refresh_token: `again-${tokens.size}` } : {}
    return Response.json({ access_token: token, token_type: world.tokenType, expires_in: 60, ...refresh })
  }

  const serve = async (request: Request, body: string): Promise<Response> => {
    const [scheme = '', token = ''] = (request.headers.get('authorization') ?? '').split(' ')
    const known = tokens.get(token)
    if (!known || scheme !== world.tokenType) return challenged(world)
    const refusal = scheme === 'DPoP' ? await proofFault(request, body, known.thumbprint) : null
    if (refusal !== null) return refusal
    if (state.required === '' || known.scopes.includes(state.required)) return Response.json({ token, body })
    const field = `DPoP error="insufficient_scope", scope="${state.required}"`
    return new Response(null, { status: 403, headers: { 'www-authenticate': field } })
  }

  const proofFault = async (request: Request, body: string, thumbprint: string): Promise<Response | null> => {
    const proof = await proven(request, body)
    if (isRefusal(proof)) return nonceAsked(401, nonces.current())
    return proof.keyThumbprint === thumbprint ? null : challenged(world)
  }

  const documents = () => ({ ...documentsOf(world), ...world.documents })
  const ports: AgentPorts = {
    nowMs,
    randomBytes: (size) => sha512(`${(counter += 1)}`).subarray(0, size),
    fetch: async (url, init) => {
      const request = new Request(url, init)
      const body = await request.text()
      log.push({ url, form: new URLSearchParams(body), headers: request.headers })
      if (url === `${world.issuer}/token`) return giveToken(request, body)
      if (url === `${world.issuer}/register`)
        return Response.json({ client_id: 'registered' }, { status: 201 })
      if (url === world.url) return serve(request, body)
      const document = documents()[url]
      if (document === undefined) return new Response(null, { status: 404 })
      return new Response(typeof document === 'string' ? document : JSON.stringify(document))
    },
  }

  const visit = async (page: string): Promise<string> => {
    const asked = new URL(page)
    state.pages.push(asked)
    const back = new URL(asked.searchParams.get('redirect_uri') ?? '')
    const right = { code: 'good', state: asked.searchParams.get('state') ?? '', iss: world.issuer }
    for (const [name, value] of Object.entries({ ...right, ...world.answer }))
      for (const one of typeof value === 'string' ? [value] : value) back.searchParams.append(name, one)
    return back.href
  }

  const settings: ResourceSessionSettings = {
    url: world.url,
    client: { kind: 'unknown', name: 'Scout' },
    sessionKey: generateKeyPem().privateKey,
    browser: { redirectUri: 'http://127.0.0.1:7777/back', visit },
    ports,
  }
  const asked = (place: string) => log.filter(({ url }) => url === `${world.issuer}/${place}`)
  return { world, settings, state, log, asked, tokens }
}

function documentsOf({ url, issuer, knowsDpop }: OutsideWorld): Record<string, object | string | undefined> {
  const [server, authority] = [new URL(url), new URL(issuer)]
  return {
    [`${server.origin}/.well-known/oauth-protected-resource${server.pathname}`]: {
      resource: url,
      authorization_servers: [issuer],
    },
    [`${authority.origin}/.well-known/oauth-authorization-server${authority.pathname}`]: {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/register`,
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none'],
      authorization_response_iss_parameter_supported: true,
      ...(knowsDpop ? { dpop_signing_alg_values_supported: ['ES256'] } : {}),
    },
  }
}

function challenged({ challenge, knowsDpop }: OutsideWorld): Response {
  const field = challenge ?? (knowsDpop ? 'DPoP algs="ES256"' : 'Bearer')
  return new Response(null, { status: 401, headers: { 'www-authenticate': field } })
}

function nonceAsked(status: number, nonce: string): Response {
  const headers = { 'dpop-nonce': nonce, 'www-authenticate': 'DPoP error="use_dpop_nonce"' }
  return Response.json({ error: 'use_dpop_nonce' }, { status, headers })
}

const sha512 = (text: string): Uint8Array => createHash('sha512').update(text).digest()
