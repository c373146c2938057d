import type { AccessTokenClaims } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { TokenTrust } from './access-token.ts'
import { verifyAccessToken } from './access-token.ts'
import { checkProof } from './check-proof.ts'
import { readProof } from './proof.ts'
import type { ProofPorts } from './use-proof.ts'
import { useProof } from './use-proof.ts'

/** What a request presented. Field values stand as they came, one entry per field. */
export type Presented = {
  readonly authorization: readonly string[]
  readonly dpop: readonly string[]
  readonly verb: string
  /** the configured public origin + the routed path; never built from `Host` */
  readonly resource: string
  /** base64url SHA-256 of the raw body */
  readonly bodySha256: string
}

export type Trust = TokenTrust & {
  /** whether a token that holds still counts: revocation, epochs, ended sessions */
  readonly standing: (claims: AccessTokenClaims) => Refusal | null
  /** the tenant wants `wbd` in the proof of every request that carries a body */
  readonly bodyDigestRequired?: boolean
}

/** Who called: the claims of a token that counts, and the key that proved to be its own. */
export type Proven = { readonly claims: AccessTokenClaims; readonly keyThumbprint: string }

/**
 * Proves who sent one request (RFC 9449 §4.3 and §7), cheapest check first, replay last: a refused request never uses up
 * its `jti`. Nothing is fetched; only the replay port is asked.
 */
export async function verifyPresented(
  presented: Presented,
  trust: Trust,
  ports: ProofPorts,
): Promise<Proven | Refusal> {
  const token = tokenIn(presented.authorization)
  if (token instanceof Refusal) return token
  const proof = readProof(presented.dpop)
  if (proof instanceof Refusal) return proof

  const accessToken = await verifyAccessToken(token, trust, ports.nowMs, ports.offload)
  if (accessToken instanceof Refusal) return accessToken
  const { claims, sha256 } = accessToken
  const fallen = trust.standing(claims)
  if (fallen !== null) return fallen

  // The stolen token ends here, before its thief's key costs an import and a verification.
  const keyThumbprint = proof.header.thumbprint
  if (claims.cnf.jkt !== keyThumbprint)
    return new Refusal('token_invalid', 'the access token is bound to another key')
  const acceptable = checkProof(
    proof.claims,
    {
      verb: presented.verb,
      resource: presented.resource,
      tokenSha256: sha256,
      bodySha256: presented.bodySha256,
      bodyDigestRequired: isDigestRequired(presented, trust),
    },
    ports.nonces,
    ports.nowMs,
  )
  if (acceptable instanceof Refusal) return acceptable
  return (await useProof(proof, acceptable, ports)) ?? { claims, keyThumbprint }
}

/** Only POST carries a body. */
const isDigestRequired = ({ verb }: Presented, { bodyDigestRequired = false }: Trust): boolean =>
  bodyDigestRequired && verb === 'POST'

// RFC 9110 §11.4: a scheme (compared without case), spaces, and here one token68.
const DPOP_CREDENTIALS = /^dpop +([a-z0-9\-._~+/]+=*)$/i

function tokenIn(fields: readonly string[]): string | Refusal {
  const [field = '', second] = fields
  if (second !== undefined) return new Refusal('authorization_ambiguous')
  const token = DPOP_CREDENTIALS.exec(field)?.[1]
  return token ?? refusalOfScheme(field.trim().split(/\s/, 1)[0] ?? '')
}

function refusalOfScheme(scheme: string): Refusal {
  switch (scheme.toLowerCase()) {
    case 'dpop':
      return new Refusal('token_invalid', 'the DPoP scheme carries exactly one access token')
    case 'bearer':
      return new Refusal('token_invalid', 'tokens are bound to a key and are presented under the DPoP scheme')
    default:
      return new Refusal('credentials_missing')
  }
}
