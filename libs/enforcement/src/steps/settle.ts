import type { Entry } from '../stages.ts'

/** A call that never reached an answer of the upstream, or only an error, gives back what it had taken from its session. */
export async function settle(entry: Entry): Promise<void> {
  const { giveBack } = entry
  delete entry.giveBack
  if (giveBack && (entry.response === undefined || entry.failed)) await giveBack()
}
