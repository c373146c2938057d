/** The last nonce of each resource, and of each origin (RFC 9449 §8.2) for resources that gave none yet. */
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
      if (nonce !== null) for (const place of placesOf(url)) nonces.set(place, { nonce, atMs: nowMs })
    },
    recall: (url, nowMs) => {
      const [resource, origin] = placesOf(url)
      const known = nonces.get(resource) ?? nonces.get(origin)
      return known !== undefined && nowMs - known.atMs < KEEP_MS ? known.nonce : undefined
    },
  }
}

function placesOf(url: string): readonly [resource: string, origin: string] {
  const { origin, pathname } = new URL(url)
  return [`${origin}${pathname} `, origin]
}
