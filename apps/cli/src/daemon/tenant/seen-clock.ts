import { readState, writeState } from '@writ/point'

export type SeenClock = {
  /** the wall clock, and never less than was ever seen here, epoch milliseconds */
  readonly nowMs: () => number
  readonly keep: () => Promise<void>
}

/** Setting the clock back must not make an old bundle young again after a restart. */
export async function openSeenClock(path: string, nowMs: () => number): Promise<SeenClock> {
  let seenMs = Number((await readState(path)) ?? 0)
  if (!Number.isSafeInteger(seenMs)) seenMs = 0
  const latest = (): number => Math.max(nowMs(), seenMs)
  return {
    nowMs: latest,
    keep: async () => {
      seenMs = latest()
      await writeState(path, String(seenMs))
    },
  }
}
