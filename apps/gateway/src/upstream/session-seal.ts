import { hkdfSync, randomBytes } from 'node:crypto'
import { createRecent } from '@writ/identity'
import { IV_BYTES, openText, sealText } from './sealed-text.ts'

const LONGEST_SEAL = 2048

/** Whom an upstream's session belongs to. With a new credential or origin it is a session of somebody else. */
export type SessionOwner = {
  readonly tenant: string
  readonly connection: string
  readonly credentialVersion: number
  readonly origin: string
  readonly agent: string
  readonly human: string
  /** thumbprint of the session key: another process of the agent has sessions of its own */
  readonly key: string
}

/** Hides the upstream's `Mcp-Session-Id` in a value that any gateway can open and that only its owner can use. */
export type SessionSeal = {
  readonly seal: (sessionId: string, owner: SessionOwner) => string
  /** null for a value that was forged, changed or belongs to another owner */
  readonly open: (sealed: string, owner: SessionOwner) => string | null
}

/** AES-256-GCM under a key that all gateways of one platform derive from their join secret (HKDF, RFC 5869). */
export function createSessionSeal(joinSecret: string): SessionSeal {
  const key = new Uint8Array(hkdfSync('sha256', joinSecret, '', 'writ.mcp-session.v1', 32))
  const opened = createRecent<string>(MOST_OPENED)
  return {
    seal: (sessionId, owner) => sealText(key, randomBytes(IV_BYTES), Buffer.from(sessionId), boundTo(owner)),
    open: (sealed, owner) => {
      if (sealed.length > LONGEST_SEAL) return null
      // With whom it belongs to: who presents the seal of another finds nothing.
      const bound = boundTo(owner)
      const presented = `${bound} ${sealed}`
      const known = opened.get(presented)
      if (known !== undefined) return known
      const session = openText(key, sealed, bound)?.toString() ?? null
      if (session !== null) opened.set(presented, session)
      return session
    },
  }
}

/** Seals that were opened and are kept at hand, about 1 KB each; twice as many at most. */
const MOST_OPENED = 2_000

const boundTo = (owner: SessionOwner): string =>
  JSON.stringify([
    'v2',
    owner.tenant,
    owner.connection,
    owner.credentialVersion,
    owner.origin,
    owner.agent,
    owner.human,
    owner.key,
  ])
