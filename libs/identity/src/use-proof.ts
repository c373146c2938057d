import { Refusal } from '@writ/contracts'
import type { Acceptable } from './check-proof.ts'
import { isSignedBy } from './compact-jws.ts'
import type { Proof } from './proof.ts'
import { keyOfProof, rememberKey, wrong } from './proof.ts'
import type { NonceKeeper, ReplayGuard } from './replay-guard.ts'
import { replayKeyOf } from './sha256.ts'

/** What verification needs from outside. */
export type ProofPorts = {
  readonly replay: ReplayGuard
  readonly nonces: NonceKeeper
  readonly nowMs: number
  /** true: verify signatures on the thread pool; worth it while other calls are under way */
  readonly offload?: boolean
}

/** The last two checks, in this order, so that a refused request never uses up its `jti`: signature, then replay. */
export async function useProof(
  proof: Proof,
  { lastMs }: Acceptable,
  ports: ProofPorts,
): Promise<Refusal | null> {
  const refusal = await checkSignature(proof, ports.offload)
  return refusal ?? checkReplay(proof, lastMs + 1_000, ports)
}

async function checkSignature(proof: Proof, offload = false): Promise<Refusal | null> {
  const key = keyOfProof(proof)
  if (key === null) return wrong('the jwk of the proof is not a point of P-256')
  const holds = await isSignedBy(proof.jws, key, offload)
  if (!holds) return wrong('the signature of the proof does not hold')
  rememberKey(proof, key)
  return null
}

async function checkReplay(
  { header, claims }: Proof,
  untilMs: number,
  ports: ProofPorts,
): Promise<Refusal | null> {
  const key = replayKeyOf(header.thumbprint, claims.jti)
  const answer = await ports.replay.firstSeen(key, untilMs, claims.nonce)
  if (answer === 'first') return null
  if (answer === 'seen') return new Refusal('proof_replayed')
  return withoutMemory(claims.nonce, ports.nonces)
}

/** Not knowing is never "first". Where the policy can do without the shared memory, it asks for a nonce of this node. */
const withoutMemory = (nonce: string | undefined, nonces: NonceKeeper): Refusal =>
  nonce === undefined && nonces.required ? new Refusal('nonce_required') : new Refusal('replay_unavailable')
