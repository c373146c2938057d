import type { KeyObject } from 'node:crypto'
import { encodeBase64url } from '../base64url.ts'
import type { NonceMemory } from './nonce-memory.ts'
import { readJson } from './read-json.ts'
import { signProof } from './sign-proof.ts'

/** What an agent needs from outside. */
export type AgentPorts = {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly nowMs: () => number
  readonly randomBytes: (size: number) => Uint8Array
}

/** One request that goes out under a proof. `headers` and `body` are asked for again on a retry: an assertion is good once. */
export type ProvenRequest = {
  readonly url: string
  readonly init: RequestInit & { readonly method: string }
  readonly key: KeyObject
  readonly accessToken?: string
  /** the body of this attempt */
  readonly bodyOf: () => Uint8Array | undefined
}

/** Sends with a proof, and once again with a fresh one when the answer asks for a nonce (RFC 9449 §8, §9, §7.3). */
export async function sendProven(
  request: ProvenRequest,
  nonces: NonceMemory,
  ports: AgentPorts,
): Promise<Response> {
  const first = await attempt(request, nonces, ports)
  if (!(await asksForNonce(first))) return first
  await first.body?.cancel()
  return attempt(request, nonces, ports)
}

async function attempt(request: ProvenRequest, nonces: NonceMemory, ports: AgentPorts): Promise<Response> {
  const { url, init, bodyOf, accessToken } = request
  const body = bodyOf()
  const headers = new Headers(init.headers)
  if (accessToken !== undefined) headers.set('authorization', `DPoP ${accessToken}`)
  headers.set('dpop', proofOf(request, body, { nonces, ports }))
  const response = await ports.fetch(url, { ...init, headers, ...(body === undefined ? {} : { body }) })
  nonces.remember(url, response.headers.get('dpop-nonce'), ports.nowMs())
  return response
}

function proofOf(
  { url, init, key, accessToken }: Omit<ProvenRequest, 'bodyOf'>,
  body: Uint8Array | undefined,
  { nonces, ports }: { readonly nonces: NonceMemory; readonly ports: AgentPorts },
): string {
  const nonce = nonces.recall(url, ports.nowMs())
  return signProof({
    key,
    verb: init.method,
    url,
    nowMs: ports.nowMs(),
    jti: encodeBase64url(ports.randomBytes(16)),
    ...(accessToken === undefined ? {} : { accessToken }),
    ...(nonce === undefined ? {} : { nonce }),
    ...(body === undefined ? {} : { body }),
  })
}

async function asksForNonce(response: Response): Promise<boolean> {
  if (response.status !== 401 && response.status !== 400) return false
  if (!response.headers.has('dpop-nonce')) return false
  const challenge = response.headers.get('www-authenticate') ?? ''
  return (
    /\berror="?use_dpop_nonce\b/.test(challenge) || (await errorIn(response.clone())) === 'use_dpop_nonce'
  )
}

async function errorIn(response: Response): Promise<unknown> {
  const body = await readJson(response).catch(() => null)
  return typeof body === 'object' && body !== null && 'error' in body ? body.error : null
}
