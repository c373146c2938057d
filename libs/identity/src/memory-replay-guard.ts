import type { ReplayGuard } from './replay-guard.ts'

const SLOT_MS = 10_000

/**
 * Exact memory of used proofs for one process. Bounded: when it is full of proofs that still count it answers `unavailable`,
 * because forgetting one early would let it in twice.
 * @param nowMs wall clock, milliseconds
 * @param maxKeys about 200 bytes each
 */
export function createMemoryReplayGuard(nowMs: () => number, maxKeys = 500_000): ReplayGuard {
  const untilMsOf = new Map<string, number>()
  const slots = new Map<number, string[]>()
  let sweptSlot = 0

  const remember = (key: string, untilMs: number): void => {
    untilMsOf.set(key, untilMs)
    const slot = Math.floor(untilMs / SLOT_MS)
    const keys = slots.get(slot)
    if (keys) keys.push(key)
    else slots.set(slot, [key])
  }
  const forgetSlotsBefore = (atMs: number): void => {
    const slotNow = Math.floor(atMs / SLOT_MS)
    if (slotNow === sweptSlot) return
    sweptSlot = slotNow
    for (const [slot, keys] of slots) {
      if (slot >= slotNow) continue
      slots.delete(slot)
      for (const key of keys) if ((untilMsOf.get(key) ?? 0) < atMs) untilMsOf.delete(key)
    }
  }
  const firstSeen = (key: string, untilMs: number): 'first' | 'seen' | 'unavailable' => {
    const atMs = nowMs()
    forgetSlotsBefore(atMs)
    const knownUntilMs = untilMsOf.get(key)
    if (knownUntilMs !== undefined && knownUntilMs > atMs) return 'seen'
    if (untilMsOf.size >= maxKeys && knownUntilMs === undefined) return 'unavailable'
    remember(key, untilMs)
    return 'first'
  }
  return { firstSeen: (key, untilMs) => Promise.resolve(firstSeen(key, untilMs)) }
}
