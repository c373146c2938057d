import { pause } from '../pause.ts'

export type OfferPorts = {
  /** the published head in Redis; null in single-node mode. Rejects when Redis does not answer. */
  readonly head: ((slug: string) => Promise<{ readonly version: number; readonly jws: string } | null>) | null
  /** from the control plane; null when there is no such tenant. Rejects when it does not answer. */
  readonly fetch: (slug: string) => Promise<string | null>
  readonly report: (problem: string, detail: unknown) => void
}

/** A signed bundle. `said`: the version that the head in Redis claims to be; null from the control plane, whose word it is. */
export type BundleOffer = { readonly jws: string; readonly said: number | null }

/**
 * Bundles, or null for a tenant that does not exist: Redis first, then the control plane. `unheard` at the end where that did not answer.
 * @param least the version that is known to exist
 */
export async function* bundleOffers(
  { head: headOf, fetch, report }: OfferPorts,
  slug: string,
  least: number,
): AsyncGenerator<BundleOffer | null | 'unheard'> {
  const head = await headOf?.(slug).catch(() => null)
  const ofHead = head && { jws: head.jws, said: head.version }
  if (ofHead && ofHead.said >= least) yield ofHead
  try {
    const jws = await fetch(slug)
    yield jws === null ? null : { jws, said: null }
  } catch (error) {
    report('the control plane gave no bundle', error)
    if (ofHead && ofHead.said < least) yield ofHead
    yield 'unheard'
  }
}

export type FirstAsked = {
  /** the version up to which nothing that Redis has is of use by now */
  readonly above: () => number
  /** for how long the control plane is waited for where Redis may have it too */
  readonly patienceMs: number
}

/**
 * What to begin with: the control plane's word and what Redis has, for an older bundle holds its signature too, and who holds one of them
 * need not hold the other. Redis alone only where the control plane is long in answering or away, and nothing that is known to be outdated.
 */
export async function* firstOffers(
  { head: headOf, fetch, report }: OfferPorts,
  slug: string,
  { above, patienceMs }: FirstAsked,
): AsyncGenerator<BundleOffer | null> {
  const asking = fetch(slug).then(
    (jws) => (jws === null ? null : { jws, said: null }),
    (error: unknown) => {
      report('the control plane gave no bundle', error)
      return 'unheard' as const
    },
  )
  const heading = headOf?.(slug).catch(() => null)
  const told = heading ? await within(patienceMs, asking) : await asking
  if (told !== 'unheard') yield told
  const head = await heading
  if (head && head.version > above()) yield { jws: head.jws, said: head.version }
  const late = told === 'unheard' ? await asking : 'unheard'
  if (late !== 'unheard') yield late
}

async function within<T>(limitMs: number, answer: Promise<T>): Promise<T | 'unheard'> {
  const stop = new AbortController()
  const late = pause(limitMs, stop.signal).then(() => 'unheard' as const)
  return Promise.race([answer, late]).finally(() => stop.abort())
}
