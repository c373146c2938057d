import { createHash } from 'node:crypto'
import type { AgentId, Refusal } from '@writ/contracts'
import { CLIENT_ASSERTION_TYPE, formatId, isRefusal, REFUSALS } from '@writ/contracts'
import { challengeOf } from '../challenge.ts'
import { verifyClientAssertion } from '../client-assertion.ts'
import { issueAccessToken } from '../issue-access-token.ts'
import { generateKeyPem, importPublicJwk } from '../keys.ts'
import { createMemoryReplayGuard } from '../memory-replay-guard.ts'
import { createNonceKeeper } from '../nonces.ts'
import { verifyPresented } from '../verify-presented.ts'
import { verifyProof } from '../verify-proof.ts'
import type { AgentPorts } from './send-proven.ts'

const ISSUER = 'https://id.example/t/acme/oauth'
const TOKEN_ENDPOINT = `${ISSUER}/token`
const ENROL_ENDPOINT = 'https://id.example/t/acme/enrol'
const RESOURCE = 'https://gw.example/acme/github/mcp'
const START_MS = 1_790_000_000_000
const SCOPE = 'mcp'

export type AuthoritySettings = {
  readonly requiresNonce?: boolean
}

/** An authority and a gateway behind a `fetch`: the real verifiers, without the network. */
export function givenAuthority({ requiresNonce = false }: AuthoritySettings = {}) {
  /** `aheadMs`: how far the clock of the agent is ahead of the others */
  const clock = { nowMs: START_MS, aheadMs: 0 }
  const nowMs = () => clock.nowMs
  const identity = generateKeyPem()
  const session = generateKeyPem()
  const signer = generateKeyPem()
  const signerKey = importPublicJwk(signer.publicJwk) ?? undefined
  const agentId: AgentId = formatId('agt', START_MS, Buffer.alloc(10, 1))
  const tenantId = formatId('ten', START_MS, Buffer.alloc(10, 2))
  const replay = createMemoryReplayGuard(nowMs)
  const nonceOf = (scope: string) =>
    createNonceKeeper({ secret: Buffer.alloc(32, 5), scope, required: requiresNonce, nowMs })
  const nonces = { authority: nonceOf('authority'), gateway: nonceOf('gateway') }
  const log: { readonly url: string; readonly status: number; readonly dpop: string }[] = []
  const state = { isAway: false, refusedTokens: new Set<string>() }
  let counter = 0

  const tokenAnswer = async (request: Request, body: string): Promise<Response> => {
    const proven = await verifyProof(
      {
        dpop: [request.headers.get('dpop') ?? ''],
        verb: request.method,
        resource: request.url,
        bodySha256: sha256(body),
      },
      { replay, nonces: nonces.authority, nowMs: clock.nowMs },
    )
    if (isRefusal(proven)) return oauthError(proven, nonces.authority.current())
    const form = new URLSearchParams(body)
    if (form.get('client_assertion_type') !== CLIENT_ASSERTION_TYPE) throw new Error('no client assertion')
    const agent = await verifyClientAssertion(
      form.get('client_assertion') ?? '',
      { audiences: [ISSUER], identityKeysOf: () => Promise.resolve([identity.publicJwk]) },
      { replay, nowMs: clock.nowMs },
    )
    if (isRefusal(agent)) return oauthError(agent, nonces.authority.current())
    const iat = Math.floor(clock.nowMs / 1_000)
    const token = issueAccessToken(
      {
        iss: ISSUER,
        aud: form.has('resource') ? form.getAll('resource') : [RESOURCE],
        sub: formatId('hum', START_MS, Buffer.alloc(10, 3)),
        client_id: agent.agentId,
        act: { sub: agent.agentId },
        tid: tenantId,
        sid: formatId('ses', START_MS, Buffer.alloc(10, 4)),
        jti: `token-number-${(counter += 1)}`,
        iat,
        exp: iat + 300,
        scope: SCOPE,
        epo: { t: 0, a: 0, h: 0 },
        cnf: { jkt: proven.keyThumbprint },
      },
      { kid: 'acme:1', privateKey: signer.privateKey },
    )
    return Response.json({ access_token: token, token_type: 'DPoP', expires_in: 300, scope: SCOPE })
  }

  const enrolAnswer = async (request: Request, body: string): Promise<Response> => {
    const proven = await verifyProof(
      {
        dpop: [request.headers.get('dpop') ?? ''],
        verb: request.method,
        resource: request.url,
        bodySha256: sha256(body),
      },
      { replay, nonces: nonces.authority, nowMs: clock.nowMs },
    )
    if (isRefusal(proven)) return oauthError(proven, nonces.authority.current())
    if (!body.includes('wen_good'))
      return Response.json({ type: 'about:blank', title: 'Gone', status: 410 }, { status: 410 })
    return Response.json({
      agentId,
      agentName: 'Scout',
      tenant: 'acme',
      issuer: ISSUER,
      tokenEndpoint: TOKEN_ENDPOINT,
      gateways: ['https://gw.example'],
    })
  }

  const gatewayAnswer = async (request: Request, body: string): Promise<Response> => {
    const presented = {
      authorization: [request.headers.get('authorization') ?? ''],
      dpop: [request.headers.get('dpop') ?? ''],
      verb: request.method,
      resource: `${new URL(request.url).origin}${new URL(request.url).pathname}`,
      bodySha256: sha256(body),
    }
    const trust = {
      tenantId,
      issuer: ISSUER,
      audiences: [RESOURCE],
      keyOf: () => signerKey,
      standing: () => null,
    }
    const proven = await verifyPresented(presented, trust, {
      replay,
      nonces: nonces.gateway,
      nowMs: clock.nowMs,
    })
    if (isRefusal(proven)) return challenge(proven, nonces.gateway.current())
    if (state.refusedTokens.has(presented.authorization[0] ?? ''))
      return new Response(null, {
        status: 401,
        headers: { 'www-authenticate': 'DPoP error="invalid_token"' },
      })
    return Response.json({ agent: proven.claims.client_id, body })
  }

  const ports: AgentPorts = {
    nowMs: () => clock.nowMs + clock.aheadMs,
    randomBytes: (size) =>
      createHash('sha512')
        .update(`${(counter += 1)}`)
        .digest()
        .subarray(0, size),
    fetch: async (url, init) => {
      if (state.isAway) throw new TypeError('fetch failed')
      const request = new Request(url, init)
      const body = await request.clone().text()
      const answerer =
        url === TOKEN_ENDPOINT ? tokenAnswer : url === ENROL_ENDPOINT ? enrolAnswer : gatewayAnswer
      const response = await answerer(request, body)
      log.push({ url, status: response.status, dpop: request.headers.get('dpop') ?? '' })
      return response
    },
  }
  const settings = {
    issuer: ISSUER,
    tokenEndpoint: TOKEN_ENDPOINT,
    agentId,
    identityKey: identity.privateKey,
    sessionKey: session.privateKey,
    ports,
  }
  return { clock, settings, ports, log, state, identity, ENROL_ENDPOINT, RESOURCE, TOKEN_ENDPOINT }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

const oauthError = (refusal: Refusal, nonce: string): Response =>
  Response.json(
    { error: REFUSALS[refusal.code].oauth, error_description: refusal.detail },
    { status: refusal.code === 'client_invalid' ? 401 : 400, headers: { 'dpop-nonce': nonce } },
  )

const challenge = (refusal: Refusal, nonce: string): Response =>
  new Response(null, {
    status: REFUSALS[refusal.code].http,
    headers: {
      'www-authenticate': challengeOf(refusal),
      ...(refusal.code === 'nonce_required' ? { 'dpop-nonce': nonce } : {}),
    },
  })
