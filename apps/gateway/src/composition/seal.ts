import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import type { Caller } from '@writ/contracts'
import { z } from 'zod'

const IV_BYTES = 12
const TAG_BYTES = 16
const LONGEST_SESSION = 8 * 1024
const LONGEST_VALUE = 256 * 1024

/** Who was given a value, and is the only one that may bring it back. */
export type Bearer = Pick<Caller, 'tenantId' | 'agent' | 'human' | 'keyThumbprint'>

/** One connection of a session of the 2025 era: what its own server said at the handshake. */
const Member = z.tuple([z.string(), z.string(), z.string().nullable()])
const Members = z.array(Member).max(256)

export type SessionMember = {
  readonly connection: string
  /** the version that its server chose */
  readonly version: string
  /** its own session, as the gateway seals it to this connection and caller; null where the server keeps none */
  readonly sessionId: string | null
}

type Kind = 'task' | 'state' | 'id'
/** What an upstream made, and which it was. */
type From = { readonly connection: string; readonly value: string }

/** Values that an agent carries for us. Any gateway of the platform opens them, for the caller that they were given to. */
export type CompositionSeal = {
  /** Null where they do not fit into a header field. */
  readonly sealSession: (members: readonly SessionMember[], bearer: Bearer) => string | null
  readonly openSession: (sealed: string, bearer: Bearer) => readonly SessionMember[] | null
  /** a task id or a request's state, with the connection that it came from; the same value is sealed alike each time */
  readonly seal: (kind: Kind, from: From, bearer: Bearer) => string
  readonly open: (kind: Kind, sealed: string, bearer: Bearer) => From | null
}

/**
 * AES-256-GCM under a key that all gateways derive from their join secret (HKDF, RFC 5869). The nonce is made of what is sealed, as in RFC
 * 5297: clients compare task ids, so that one task has to have one id.
 */
export function createCompositionSeal(joinSecret: string): CompositionSeal {
  const key = (info: string) => new Uint8Array(hkdfSync('sha256', joinSecret, '', info, 32))
  const keys = { cipher: key('writ.composition.v1'), nonce: key('writ.composition-nonce.v1') }
  return {
    sealSession: (members, bearer) => {
      const text = JSON.stringify(
        members.map(({ connection, version, sessionId }) => [connection, version, sessionId]),
      )
      const sealed = sealWith(keys, text, boundTo(`session ${bearer.keyThumbprint}`, bearer))
      return sealed.length > LONGEST_SESSION ? null : sealed
    },
    openSession: (sealed, bearer) => {
      if (sealed.length > LONGEST_SESSION) return null
      const text = openWith(keys, sealed, boundTo(`session ${bearer.keyThumbprint}`, bearer))
      return text === null ? null : Members.parse(JSON.parse(text)).map(memberOf)
    },
    seal: (kind, { connection, value }, bearer) =>
      sealWith(keys, `${connection}:${value}`, boundTo(kind, bearer)),
    open: (kind, sealed, bearer) => {
      if (sealed.length > LONGEST_VALUE) return null
      const text = openWith(keys, sealed, boundTo(kind, bearer))
      if (text === null) return null
      const at = text.indexOf(':')
      return { connection: text.slice(0, at), value: text.slice(at + 1) }
    },
  }
}

const memberOf = ([connection, version, sessionId]: z.infer<typeof Member>): SessionMember => ({
  connection,
  version,
  sessionId,
})

type Keys = { readonly cipher: Uint8Array; readonly nonce: Uint8Array }

function sealWith({ cipher: key, nonce }: Keys, text: string, bound: Buffer): string {
  const iv = createHmac('sha256', nonce)
    .update(bound)
    .update('\0')
    .update(text)
    .digest()
    .subarray(0, IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(bound)
  const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return sealed.toString('base64url')
}

function openWith({ cipher: key }: Keys, sealed: string, bound: Buffer): string | null {
  const bytes = Buffer.from(sealed, 'base64url')
  // Node reads sloppy base64; a value has one spelling only.
  if (bytes.length < IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return null
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(bound).setAuthTag(bytes.subarray(-TAG_BYTES))
    return decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return null
  }
}

const boundTo = (purpose: string, { tenantId, agent, human }: Bearer): Buffer =>
  Buffer.from(JSON.stringify(['v1', purpose, tenantId, agent.id, human.id]))
