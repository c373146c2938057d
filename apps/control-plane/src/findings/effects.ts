import type { Found, History } from './history.ts'
import type { Sight, SightOf } from './sight.ts'

/** How long a tool may have run, where records of its decision may be missing. */
const RUNS_MS = 24 * 3_600_000

/** Results of tool uses that were never decided, or that were denied. */
export function effectsWithout(history: History): Found[] {
  return history.sights.filter(isAfter).flatMap((after) => {
    if (!history.isAsked(after)) return []
    const decided = history.sights.filter((sight) => isDecisionOf(sight, after))
    if (decided.some(({ verdict }) => verdict !== 'stopped')) return []
    // The decision was made some time before.
    if (decided.length === 0 && history.mayMiss('device', after.atMs - RUNS_MS, after.atMs)) return []
    return [found(after, decided)]
  })
}

type Hook = SightOf<'hooks'>

const isAfter = (sight: Sight): sight is Hook =>
  sight.channel === 'hooks' && sight.moment === 'after' && sight.toolUse !== null

const isDecisionOf = (sight: Sight, after: Hook): sight is Hook =>
  sight.channel === 'hooks' &&
  sight.moment === 'before' &&
  sight.toolUse === after.toolUse &&
  (sight.conversation === null || after.conversation === null || sight.conversation === after.conversation)

/** Several actions of one use are records of their own; that it happened is found once. */
const found = (after: Hook, denied: readonly Hook[]): Found => ({
  fact: `effect_without_decision ${after.session} ${after.conversation} ${after.toolUse}`,
  about: after,
  finding: {
    kind: 'effect_without_decision',
    severity: 'high',
    decisions: [after.decision, ...denied.map(({ decision }) => decision)].slice(0, 20),
    text:
      denied.length === 0
        ? 'a tool was used, and nothing had asked before whether it may be'
        : 'a tool was used although it was denied',
  },
})
