// Chance that can be repeated.

/** Numbers from 0 to 1: mulberry32. */
export function numbersFrom(seed) {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const pick = (random, all) => all[Math.floor(random() * all.length)]

/** One of `[weight, value]`. */
export function weighted(random, all) {
  let left = random() * all.reduce((sum, [weight]) => sum + weight, 0)
  return all.find(([weight]) => (left -= weight) < 0)[1]
}
