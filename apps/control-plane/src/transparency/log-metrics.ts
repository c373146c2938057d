import { treeStoreOf } from '@writ/postgres'
import type { PlatformQueries } from '@writ/postgres'
import type { Metrics } from '@writ/runtime'

/** The same metrics, with how the logs stand, asked of Postgres whenever somebody reads them. */
export function withLogs(metrics: Metrics, platform: PlatformQueries): Metrics {
  const stopped = metrics.gauge({
    name: 'writ_logs_stopped',
    help: 'logs that are not sealed any more because something does not fit',
  })
  const age = metrics.gauge({
    name: 'writ_global_log_age_seconds',
    help: 'since the last checkpoint of the global log: about an hour at most',
  })
  return {
    ...metrics,
    exposition: async () => {
      stopped.set(await platform.stoppedLogs())
      const state = await platform.global((manager) => treeStoreOf(manager, 'global').state())
      if (state?.sealedAt) age.set(Math.max(0, (Date.now() - state.sealedAt.getTime()) / 1000))
      return metrics.exposition()
    },
  }
}
