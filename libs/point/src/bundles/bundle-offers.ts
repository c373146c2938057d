export type OfferPorts = {
  /** the published head in Redis; null in single-node mode. Rejects when Redis does not answer. */
  readonly head: ((slug: string) => Promise<{ readonly version: number; readonly jws: string } | null>) | null
  /** from the control plane; null when there is no such tenant. Rejects when it does not answer. */
  readonly fetch: (slug: string) => Promise<string | null>
  readonly report: (problem: string, detail: unknown) => void
}

/**
 * Signed bundles, or null for a tenant that does not exist: Redis first, then the control plane; nothing where both are away.
 * @param least the version that is known to exist
 */
export async function* bundleOffers(
  { head: headOf, fetch, report }: OfferPorts,
  slug: string,
  least: number,
): AsyncGenerator<string | null> {
  const head = await headOf?.(slug).catch(() => null)
  if (head && head.version >= least) yield head.jws
  try {
    yield await fetch(slug)
  } catch (error) {
    report('the control plane gave no bundle', error)
    if (head && head.version < least) yield head.jws
  }
}
