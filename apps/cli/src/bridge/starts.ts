/** How soon a server that keeps ending is started again. */
export type Starts = {
  /** seconds to wait before the next start; 0: now */
  readonly waitSeconds: () => number
  /** One was started, and lived so long. */
  readonly lived: (ms: number) => void
}

const SOON_MS = 5_000
const FIRST_MS = 500
const LONGEST_MS = 30_000

/** Doubles the wait with each server that ended soon after its start; one that lives longer begins it anew. */
export function createStarts(nowMs: () => number): Starts {
  let failures = 0
  let untilMs = 0
  return {
    waitSeconds: () => Math.max(0, Math.ceil((untilMs - nowMs()) / 1000)),
    lived: (ms) => {
      failures = ms < SOON_MS ? failures + 1 : 0
      untilMs = failures === 0 ? 0 : nowMs() + Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1))
    },
  }
}
