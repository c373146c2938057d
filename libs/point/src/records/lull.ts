/** A turn of the event loop that took longer had something to do. */
const QUIET_MS = 0.05

/**
 * Settles when the process has nothing else to do, at the latest `mostMs` after `sinceMs` (by `performance.now`), with no timer. An idle
 * process hears at the end of this turn; a busy one does its work first, which whoever waits could not be spared anyway.
 */
export function lull(sinceMs: number, mostMs: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (lastMs: number): void => {
      setImmediate(() => {
        const nowMs = performance.now()
        if (nowMs - lastMs < QUIET_MS || nowMs - sinceMs >= mostMs) resolve()
        else look(nowMs)
      })
    }
    look(performance.now())
  })
}
