import type { AnyEntry } from '../stages.ts'

/**
 * A call that never left, or that the upstream turned down, gives back what it had taken from its session. One that left keeps it: an
 * agent that hangs up after the effect, or an upstream that is too slow to say so, must not make room under a cap.
 */
export async function settle(entry: AnyEntry): Promise<void> {
  const { giveBack } = entry
  delete entry.giveBack
  if (giveBack && (!entry.sent || entry.turnedDown)) await giveBack()
}
