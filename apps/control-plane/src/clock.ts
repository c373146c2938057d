/** Wall-clock time as a port, so that expiry can be tested. */
export abstract class Clock {
  abstract nowMs(): number
}

export const systemClock: Clock = { nowMs: () => Date.now() }
