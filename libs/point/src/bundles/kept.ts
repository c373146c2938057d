import type { OpenedBundle } from '@writ/bundle'
import type { CachedBundle } from './bundle-cache.ts'
import type { BundlePorts } from './live-bundles.ts'

export type KeepPorts = Pick<BundlePorts, 'cache' | 'rosters' | 'report'>

/** Notes on disk that there is such a version. Rejects when the disk fails. */
export function announce({ cache }: Pick<KeepPorts, 'cache'>, slug: string, version: number): Promise<void> {
  return cache.update(slug, (cached) =>
    cached && cached.announced < version ? { ...cached, announced: version } : null,
  )
}

/** The floor is on disk before the version decides anything, unless the disk fails: a revocation does not wait for a disk. */
export async function keep(
  { cache, rosters, report }: KeepPorts,
  slug: string,
  { opened: { bundle, sha256 }, jws }: { readonly opened: OpenedBundle; readonly jws: string },
): Promise<void> {
  const { version } = bundle
  try {
    await cache.update(slug, (cached) =>
      cached && cached.version > version
        ? null
        : { version, sha256, announced: Math.max(version, cached?.announced ?? 0), jws },
    )
    await rosters.settle(slug, bundle)
  } catch (error) {
    report('a bundle could not be kept on disk', error)
  }
}

/** There is no such tenant. What names its people goes from the disk too; its floor stays, for whoever answers may be wrong. */
export async function forget(
  { cache, rosters, report }: KeepPorts,
  slug: string,
  cached: CachedBundle | null,
): Promise<void> {
  if (cached === null || cached.jws === null) return
  try {
    await cache.update(slug, (kept) => kept && { ...kept, jws: null })
    await rosters.forget(slug)
  } catch (error) {
    report('the bundle of a tenant that is gone could not be removed', error)
  }
}
