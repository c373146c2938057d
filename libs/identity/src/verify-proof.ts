import type { PublicJwk } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import { checkProof } from './check-proof.ts'
import { readProof } from './proof.ts'
import type { ProofPorts } from './use-proof.ts'
import { useProof } from './use-proof.ts'

/** A proof that no access token goes with: at the token and the enrolment endpoint. */
export type PresentedProof = {
  readonly dpop: readonly string[]
  readonly verb: string
  /** the configured public URL of the endpoint */
  readonly resource: string
  /** base64url SHA-256 of the raw body */
  readonly bodySha256: string
  /** the proof has to say so: `wbd` may not be left out */
  readonly bodyDigestRequired?: boolean
}

/** The key that the sender holds. */
export type ProvenKey = { readonly publicJwk: PublicJwk; readonly keyThumbprint: string }

/** Proves that the sender holds the key in its proof (RFC 9449 §5). Replay last: a refused request never uses up its `jti`. */
export async function verifyProof(
  presented: PresentedProof,
  ports: ProofPorts,
): Promise<ProvenKey | Refusal> {
  const proof = readProof(presented.dpop)
  if (proof instanceof Refusal) return proof
  const acceptable = checkProof(proof.claims, { ...presented, tokenSha256: null }, ports.nonces, ports.nowMs)
  if (acceptable instanceof Refusal) return acceptable
  const { kty, crv, x, y } = proof.header.jwk
  const proven = { publicJwk: { kty, crv, x, y }, keyThumbprint: proof.header.thumbprint }
  return (await useProof(proof, acceptable, ports)) ?? proven
}
