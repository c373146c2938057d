import { createHash, createHmac, hkdfSync } from 'node:crypto'
import { IV_BYTES, openText, sealText } from './sealed-text.ts'

const OWNER_BYTES = 16

/** Whom a handle of an upstream belongs to: the agent with its human, and not one session of them. */
export type HandleOwner = {
  readonly tenant: string
  readonly connection: string
  readonly agent: string
  readonly human: string
}

/** A task, or what an upstream wants to be told again with the next round. */
export type HandleKind = 'task' | 'state'

/** What a value that an agent sent turns out to be. `nobody`: it was never given out. */
export type Opened = { readonly of: 'owner'; readonly value: string } | { readonly of: 'another' | 'nobody' }

/** Hides handles of upstreams in values that any gateway can open, and that only their owner can use. */
export type HandleSeal = {
  /** the same handle is the same value each time, so that an agent knows it again */
  readonly seal: (kind: HandleKind, value: string, owner: HandleOwner) => string
  readonly open: (kind: HandleKind, sealed: string, owner: HandleOwner) => Opened
  /** what an upstream is told instead of a handle that was never given out: nothing that it can know */
  readonly strange: (value: string, owner: HandleOwner) => string
}

/**
 * AES-256-GCM with an IV that is a MAC of what is sealed (as in RFC 8452 §1 "synthetic IV"), under keys that all gateways of one platform
 * derive from their join secret (HKDF, RFC 5869). The owner is sealed in, so that a value of somebody else is told from no value at all.
 */
export function createHandleSeal(joinSecret: string): HandleSeal {
  const key = keyOf(joinSecret, 'writ.mcp-handle.v1')
  const ivKey = keyOf(joinSecret, 'writ.mcp-handle-iv.v1')
  const mac = (text: Buffer | string) => createHmac('sha256', ivKey).update(text).digest()
  return {
    seal: (kind, value, owner) => {
      const plain = Buffer.concat([nameOf(owner), Buffer.from(value, 'utf8')])
      const iv = mac(Buffer.concat([Buffer.from(`${kind} `), plain])).subarray(0, IV_BYTES)
      return sealText(key, iv, plain, kind)
    },
    open: (kind, sealed, owner) => {
      const plain = openText(key, sealed, kind)
      if (plain === null) return { of: 'nobody' }
      const isOwn = plain.subarray(0, OWNER_BYTES).equals(nameOf(owner))
      return isOwn ? { of: 'owner', value: plain.toString('utf8', OWNER_BYTES) } : { of: 'another' }
    },
    strange: (value, owner) =>
      `unknown.${mac(`${nameOf(owner).toString('hex')} ${value}`).toString('base64url')}`,
  }
}

const keyOf = (joinSecret: string, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', joinSecret, '', purpose, 32))

function nameOf({ tenant, connection, agent, human }: HandleOwner): Buffer {
  const parts = JSON.stringify(['v1', tenant, connection, agent, human])
  return createHash('sha256').update(parts).digest().subarray(0, OWNER_BYTES)
}
