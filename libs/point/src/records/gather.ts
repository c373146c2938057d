import { setTimeout as delay } from 'node:timers/promises'

/** So many at once are no coincidence. Fewer are not made to wait for one another. */
const COMPANY = 4

/** What grows while its members come. */
export type Growing = { readonly sinceMs: number; readonly waiting: { readonly length: number } }

/**
 * Settles when a group has as many members as the last one had, when for a millisecond nobody came, or `mostMs` after the group began. A
 * commit to a disk costs about as much processor time as a third of a governed call, whatever is in it, so where calls come together they
 * are worth waiting for; one that comes alone is not made to wait (as commit_delay and commit_siblings of PostgreSQL).
 */
export async function gather(group: Growing, lastCount: number, mostMs: number): Promise<void> {
  if (lastCount < COMPANY) return
  while (group.waiting.length < lastCount && performance.now() - group.sinceMs < mostMs) {
    const before = group.waiting.length
    await delay(1)
    if (group.waiting.length === before) return
  }
}
