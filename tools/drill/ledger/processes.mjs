// Signals to services of the platform.
import { workerSettings } from '../../local/settings.mjs'

/** Does the work while the audit worker is stopped in the middle of whatever it does. */
export async function withoutWorker({ auditWorker }, work) {
  process.kill(auditWorker.pid, 'SIGSTOP')
  try {
    return await work()
  } finally {
    process.kill(auditWorker.pid, 'SIGCONT')
  }
}

/** One more audit worker beside the first. */
export const secondWorker = ({ launch, world }, redis) =>
  launch.service('audit-worker-2', 'audit-worker', {
    ...workerSettings(world),
    WRIT_QUEUE_REDIS_URL: redis.url,
    WRIT_WORKER_ADMIN_PORT: '0',
    WRIT_LOG_LEVEL: 'warn',
  })
