import type { KeyObject } from 'node:crypto'
import { sign } from 'node:crypto'
import type { AccessTokenClaims, RefusalCode } from '@writ/contracts'
import { PROOF_TYPE } from '@writ/contracts'
import { encodeBase64url } from '../base64url.ts'
import type { TokenSigner } from '../issue-access-token.ts'
import { publicJwkOf } from '../keys.ts'
import { sha256 } from '../sha256.ts'

/** What an attack starts from: everything that makes one valid request. */
export type AttackKit = {
  readonly verb: string
  /** the protected resource */
  readonly url: string
  readonly body: Uint8Array
  readonly nowMs: number
  readonly sessionKey: KeyObject
  /** valid for the resource and bound to the session key */
  readonly accessToken: string
  /** a valid nonce, where the verifier requires one */
  readonly nonce?: string
  /** URL of the authority's token endpoint */
  readonly tokenEndpoint: string
  readonly newJti: () => string
  /** what it takes to sign as the tenant's authority; rows that need it are marked */
  readonly authority?: Authority
}

export type Authority = {
  readonly signer: TokenSigner
  /** the claims of `accessToken` */
  readonly claims: AccessTokenClaims
  /** a session of this agent that was ended */
  readonly endedSession: AccessTokenClaims['sid']
  /** `jti` of a token that was revoked */
  readonly revokedToken: AccessTokenClaims['jti']
}

/** A request as it goes on the wire: field order and repetition count. */
export type Wire = {
  readonly headers: readonly (readonly [string, string])[]
  readonly verb: string
  readonly url: string
  readonly body: Uint8Array
}

/** The mutated request, and what goes before and after it. */
export type Attack = Wire & {
  /** a valid request that is sent first and passes */
  readonly prelude?: Wire
  /** the same request without the mutation, which passes although the mutated one came before */
  readonly repaired: Wire
}

export type NegativeCase = {
  readonly id: string
  readonly title: string
  /** what the verifier or the kit must be able to do for this row */
  readonly needs?: 'authority' | 'required nonce' | 'lost replay memory'
  readonly expected: { readonly status: number; readonly error: string | null; readonly code: RefusalCode }
  readonly mutate: (kit: AttackKit) => Attack
}

type Members = { readonly [name: string]: unknown }

/** One change to a valid request. Each hook receives what would have been sent. */
export type Mutation = {
  readonly token?: (kit: AttackKit) => string
  readonly header?: (header: Members, kit: AttackKit) => Members
  readonly headerJson?: (json: string) => string | Buffer
  readonly claims?: (claims: Members, kit: AttackKit) => Members
  readonly claimsJson?: (json: string) => string
  readonly signature?: (signingInput: string, kit: AttackKit) => Buffer
  readonly proof?: (proof: string, kit: AttackKit) => string
  readonly fields?: (fields: Wire['headers'], kit: AttackKit) => Wire['headers']
}

/** One request with one mutation; with none it is valid. */
export function forge(kit: AttackKit, jti: string, mutation: Mutation = {}): Wire {
  const token = mutation.token?.(kit) ?? kit.accessToken
  const text = forgeProof(kit, claimsOf(kit, jti, token), mutation)
  const fields = [
    ['Authorization', `DPoP ${token}`],
    ['DPoP', mutation.proof?.(text, kit) ?? text],
  ] as const
  return { headers: mutation.fields?.(fields, kit) ?? fields, verb: kit.verb, url: kit.url, body: kit.body }
}

const claimsOf = (kit: AttackKit, jti: string, token: string): Members => ({
  jti,
  htm: kit.verb,
  htu: kit.url,
  iat: Math.floor(kit.nowMs / 1_000),
  ath: sha256(token),
  wbd: sha256(kit.body),
  ...(kit.nonce === undefined ? {} : { nonce: kit.nonce }),
})

function forgeProof(kit: AttackKit, validClaims: Members, mutation: Mutation): string {
  const { signature = signBySession } = mutation
  const signingInput = `${forgeHeader(kit, mutation)}.${forgeClaims(kit, validClaims, mutation)}`
  return `${signingInput}.${encodeBase64url(signature(signingInput, kit))}`
}

function forgeHeader(kit: AttackKit, { header = same, headerJson = same }: Mutation): string {
  const valid = { typ: PROOF_TYPE, alg: 'ES256', jwk: publicJwkOf(kit.sessionKey) }
  return encodeBase64url(headerJson(JSON.stringify(header(valid, kit))))
}

const forgeClaims = (
  kit: AttackKit,
  valid: Members,
  { claims = same, claimsJson = same }: Mutation,
): string => encodeBase64url(claimsJson(JSON.stringify(claims(valid, kit))))

const same = <T>(value: T): T => value

const signBySession = (signingInput: string, kit: AttackKit): Buffer =>
  signEs256(signingInput, kit.sessionKey)

export const signEs256 = (signingInput: string, key: KeyObject): Buffer =>
  sign('sha256', Buffer.from(signingInput), { key, dsaEncoding: 'ieee-p1363' })

/** A JWT with any header and any claims. */
export function signJwt(header: object, claims: object, key: KeyObject): string {
  const signingInput = `${encodeBase64url(JSON.stringify(header))}.${encodeBase64url(JSON.stringify(claims))}`
  return `${signingInput}.${encodeBase64url(signEs256(signingInput, key))}`
}

/** @throws Error when the kit cannot sign as the authority */
export function authorityOf(kit: AttackKit): Authority {
  if (kit.authority === undefined) throw new Error('this row needs the authority')
  return kit.authority
}
