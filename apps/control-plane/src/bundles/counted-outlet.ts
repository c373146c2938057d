import type { Metrics } from '@writ/runtime'
import type { BundleOutlet } from './bundle-outlet.ts'

/** The same outlet; how publications end is counted. */
export function countedOutlet(outlet: BundleOutlet, metrics: Metrics): BundleOutlet {
  const publications = metrics.counter<'outcome'>({
    name: 'writ_bundle_publications_total',
    help: 'bundles that were to be published in Redis',
    labels: ['outcome'],
  })
  return {
    withdraw: (change) => outlet.withdraw(change),
    beat: (jws) => outlet.beat(jws),
    versionsOf: (slugs) => outlet.versionsOf(slugs),
    publish: async (publication) => {
      try {
        const outcome = await outlet.publish(publication)
        publications.inc({ outcome })
        return outcome
      } catch (error) {
        publications.inc({ outcome: 'failed' })
        throw error
      }
    },
  }
}
