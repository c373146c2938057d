/** Nothing waits longer than that for its next try. */
const LONGEST_MS = 300_000
const FIRST_MS = 1000

/**
 * How long to wait after so many failures in a row: doubling, and anywhere in the second half of it, so that receivers which come back are
 * not met by everyone at once.
 * @param failures at least 1
 * @param random from 0 to below 1
 * @param askedMs what the receiver asked for (`Retry-After`): never less than that, within an hour
 */
export function backoffMs(failures: number, random: number, askedMs = 0): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20))
  return Math.max(Math.round(whole / 2 + (whole / 2) * random), Math.min(askedMs, LONGEST_ASKED_MS))
}

const LONGEST_ASKED_MS = 3_600_000
