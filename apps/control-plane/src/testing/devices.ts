import { randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { rawPublicKey, signStatement } from '@writ/audit'
import { DeviceJoinAnswer } from '@writ/contracts'
import type { DeviceJoinRequest } from '@writ/contracts'
import { createLeaseKey } from '@writ/credentials'
import type { LeaseKey } from '@writ/credentials'
import { signProof } from '@writ/identity'
import type { EnrolledAgent } from './agents.ts'
import { ORIGIN } from './given.ts'
import type { Answer, ControlPlane } from './given.ts'
import { askingAs, newNodeKey } from './nodes.ts'
import type { JoinedNode } from './nodes.ts'

/** One join, as it should be; a spec changes what it is about. */
export type Joining = {
  readonly slug: string
  readonly body: string
  /** signs the proof */
  readonly identityKey: KeyObject
  /** signs the body */
  readonly nodeKey: KeyObject
  /** what the proof is about, where that is something else than what is sent */
  readonly provenUrl?: string
  readonly provenBody?: string | null
  readonly nowMs?: number
}

export function deviceJoinRequest(
  nodeKey: KeyObject,
  leaseKey: LeaseKey = createLeaseKey(),
): DeviceJoinRequest {
  const publicKey = rawPublicKey(nodeKey)
  return { name: 'laptop', publicKey, leaseKey: leaseKey.publicJwk, build: 'writ spec', atMs: Date.now() }
}

/** What a daemon sends, with the nonce that the first attempt is answered with. */
export async function sendJoin(plane: ControlPlane, joining: Joining): Promise<Answer> {
  const challenge = await sendProof(plane, joining, proofOf(joining))
  const nonce = challenge.headers.get('dpop-nonce')
  return nonce === null ? challenge : sendProof(plane, joining, proofOf(joining, nonce))
}

export function proofOf(joining: Joining, nonce?: string): string {
  const { slug, body, identityKey, provenBody = body, nowMs = Date.now() } = joining
  return signProof({
    key: identityKey,
    verb: 'POST',
    url: joining.provenUrl ?? `${ORIGIN}/t/${slug}/device/v1/join`,
    nowMs,
    jti: randomBytes(16).toString('base64url'),
    ...(nonce !== undefined && { nonce }),
    ...(provenBody !== null && { body: Buffer.from(provenBody) }),
  })
}

export const sendProof = (plane: ControlPlane, { slug, body, nodeKey }: Joining, dpop: string) =>
  plane.ask('POST', `/t/${slug}/device/v1/join`, {
    body,
    headers: { dpop, 'writ-node-proof': signStatement(body, nodeKey) },
  })

/** `at` is where its own wire begins. */
export type JoinedDevice = JoinedNode & { readonly at: string }

export async function joinedDevice(
  plane: ControlPlane,
  slug: string,
  agent: EnrolledAgent,
): Promise<JoinedDevice> {
  const [nodeKey, leaseKey] = [newNodeKey(), createLeaseKey()]
  const body = JSON.stringify(deviceJoinRequest(nodeKey, leaseKey))
  const { identityKey } = agent
  const { body: answer } = await sendJoin(plane, { slug, body, identityKey, nodeKey })
  const { node: id, bundleKeys } = DeviceJoinAnswer.parse(answer)
  return {
    id,
    key: nodeKey,
    leaseKey,
    bundleKeys,
    ask: askingAs(plane, id, nodeKey),
    at: `/t/${slug}/device/v1`,
  }
}
