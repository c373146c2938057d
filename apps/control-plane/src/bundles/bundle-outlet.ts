import type { BundlePublisher } from '@writ/redis'

/** Where published bundles go: Redis, or nowhere more in single-node mode. A port, injected by class. */
export abstract class BundleOutlet implements BundlePublisher {
  abstract readonly publish: BundlePublisher['publish']
  abstract readonly withdraw: BundlePublisher['withdraw']
  abstract readonly beat: BundlePublisher['beat']
  abstract readonly versionsOf: BundlePublisher['versionsOf']
}

/** Without Redis gateways ask over HTTP and are answered from Postgres: what is committed is as good as published. */
export const servedFromPostgres: BundleOutlet = {
  publish: () => Promise.resolve('published'),
  withdraw: () => Promise.resolve(),
  beat: () => Promise.resolve(),
  versionsOf: (slugs) => Promise.resolve(slugs.map(() => Number.POSITIVE_INFINITY)),
}
