import { createHash, createHmac, createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { rawPublicKey, signStatement } from '@writ/audit'
import { nodeStatement } from '@writ/contracts'
import type { BundleKey, NodeId } from '@writ/contracts'
import { createLeaseKey } from '@writ/credentials'
import type { LeaseKey } from '@writ/credentials'
import { JOIN_SECRET } from './given.ts'
import type { Answer, ControlPlane } from './given.ts'

export type JoinedNode = {
  readonly id: NodeId
  readonly key: KeyObject
  readonly leaseKey: LeaseKey
  readonly bundleKeys: BundleKey[]
  readonly ask: (method: string, path: string, body?: unknown, changes?: Partial<Signing>) => Promise<Answer>
}
/** What a request is signed over, so that a spec can sign something else. */
export type Signing = {
  path: string
  atMs: number
  key: KeyObject
  node: string
  body: string
  method: string
}

export const macOf = (text: string, secret = JOIN_SECRET): string =>
  createHmac('sha256', secret).update(text).digest('base64url')

/** What a join is sent with, but for what is said otherwise. */
export const joinHeaders = (body: string, key: KeyObject): Record<string, string> => ({
  'writ-join': macOf(body),
  'writ-node-proof': signStatement(body, key),
})

export function joinRequest(
  key: KeyObject,
  leaseKey: LeaseKey,
  nonce = randomBytes(16).toString('base64url'),
) {
  return {
    name: 'gateway-1',
    publicKey: rawPublicKey(key),
    leaseKey: leaseKey.publicJwk,
    origin: 'http://127.0.0.1:7410',
    build: 'spec',
    nonce,
    atMs: Date.now(),
  }
}

export function newNodeKey(): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return createPrivateKey(privateKey)
}

export async function joinedNode(plane: ControlPlane): Promise<JoinedNode> {
  const [key, leaseKey] = [newNodeKey(), createLeaseKey()]
  const body = JSON.stringify(joinRequest(key, leaseKey))
  const joined = await plane.ask('POST', '/internal/v1/join', { body, headers: joinHeaders(body, key) })
  const id: NodeId = joined.body.node
  return { id, key, leaseKey, bundleKeys: joined.body.bundleKeys, ask: askingAs(plane, id, key) }
}

/** Asks with the signature of a node. */
export const askingAs =
  (plane: ControlPlane, id: NodeId, key: KeyObject): JoinedNode['ask'] =>
  (method, path, content, changes = {}) => {
    const text = content === undefined ? '' : JSON.stringify(content)
    const signed: Signing = { method, path, atMs: Date.now(), key, node: id, body: text, ...changes }
    const bodySha256 = createHash('sha256').update(signed.body).digest('base64url')
    const statement = nodeStatement({
      method: signed.method,
      path: signed.path,
      atMs: signed.atMs,
      bodySha256,
    })
    const headers = { 'writ-node': `${signed.node}.${signed.atMs}.${signStatement(statement, signed.key)}` }
    return plane.ask(method, path, { headers, ...(content !== undefined && { body: text }) })
  }
