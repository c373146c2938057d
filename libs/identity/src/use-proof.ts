import { Refusal } from '@writ/contracts'
import type { Acceptable } from './check-proof.ts'
import { isSignedBy } from './compact-jws.ts'
import type { Proof } from './proof.ts'
import { keyOfProof, rememberKey, wrong } from './proof.ts'
import type { NonceKeeper, ReplayGuard, ReplayMemory } from './replay-guard.ts'
import { replayKeyOf } from './sha256.ts'

/** What verification needs from outside. */
export type ProofPorts = {
  readonly replay: ReplayGuard
  readonly nonces: NonceKeeper
  readonly nowMs: number
  /** asked once the key is proven, before the proof is used up: whether there is room for this request */
  readonly hasRoom?: () => Refusal | null
  /** true: verify signatures on the thread pool; worth it while other calls are under way */
  readonly offload?: boolean
}

/** The last checks, in this order, so that a refused request never uses up its `jti`: signature, room, replay. */
export async function useProof(
  proof: Proof,
  acceptable: Acceptable,
  ports: ProofPorts,
): Promise<Refusal | null> {
  const refusal = (await checkSignature(proof, ports.offload)) ?? ports.hasRoom?.() ?? null
  return refusal ?? checkReplay(proof, acceptable, ports)
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
  { lastMs, memory }: Acceptable,
  ports: ProofPorts,
): Promise<Refusal | null> {
  const key = replayKeyOf(header.thumbprint, claims.jti)
  const answer = await ports.replay.firstSeen(key, lastMs + 1_000, memory)
  if (answer === 'first') return null
  if (answer === 'seen') return new Refusal('proof_replayed')
  return withoutMemory(memory, ports.nonces)
}

/** Not knowing is never "first". Where the policy can do without the shared memory, it asks for a nonce of this node. */
const withoutMemory = (memory: ReplayMemory, nonces: NonceKeeper): Refusal =>
  memory === 'shared' && nonces.required ? new Refusal('nonce_required') : new Refusal('replay_unavailable')
