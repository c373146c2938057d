/** The last nonce of each origin (RFC 9449 §8.2). */
export type NonceMemory = {
  readonly remember: (url: string, nonce: string | null, nowMs: number) => void
  readonly recall: (url: string, nowMs: number) => string | undefined
}

/** A nonce is at best good for a few minutes; an origin that still wants one gives a new one. */
const KEEP_MS = 120_000

export function createNonceMemory(): NonceMemory {
  const nonces = new Map<string, { readonly nonce: string; readonly atMs: number }>()
  return {
    remember: (url, nonce, nowMs) => {
      if (nonce !== null) nonces.set(new URL(url).origin, { nonce, atMs: nowMs })
    },
    recall: (url, nowMs) => {
      const known = nonces.get(new URL(url).origin)
      return known !== undefined && nowMs - known.atMs < KEEP_MS ? known.nonce : undefined
    },
  }
}
