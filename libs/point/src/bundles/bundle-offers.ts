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
