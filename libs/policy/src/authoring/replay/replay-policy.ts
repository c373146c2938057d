import type { AuditRecord, Outcome } from '@writ/contracts'
import type { Recorded } from './recorded.ts'
import { decisionsIn } from './recorded.ts'
import { redeciderOf } from './redecide.ts'
import type { Redecided } from './redecide.ts'
import { isStricter } from './verdict.ts'
import type { Draft, ReplayWorld } from './world.ts'
import { RECORDS_ALONE } from './world.ts'

/** How often somebody or something would lose or gain; `cannotTell` is apart, because records keep no arguments. */
export type Tally = {
  readonly name: string
  readonly loses: number
  readonly gains: number
  readonly modifies: number
  readonly cannotTell: number
}

/** One past decision that would be, or might be, another one. */
export type ReplayChange = {
  readonly kind: 'loses' | 'gains' | 'modifies' | 'cannotTell'
  readonly decision: string
  readonly at: string
  readonly agent: string
  readonly human: string
  readonly tool: string
  readonly direction: Recorded['direction']
  readonly before: Outcome
  /** more than one where the record does not tell which */
  readonly after: readonly Outcome[]
  readonly rules: readonly string[]
  /** what is done to which signal, e.g. `pii.email: mask` */
  readonly rewritings: { readonly before: readonly string[]; readonly after: readonly string[] }
}

export type ReplayReport = {
  readonly decisions: number
  readonly unchanged: number
  readonly loses: number
  readonly gains: number
  /** what passed would still pass, rewritten in another way */
  readonly modifies: number
  readonly cannotTell: number
  readonly byAgent: readonly Tally[]
  readonly byTool: readonly Tally[]
  readonly byHuman: readonly Tally[]
  /** the first `MOST_CHANGES` of them, as they were recorded */
  readonly changes: readonly ReplayChange[]
}

export const MOST_CHANGES = 1000

/** A replay that takes decisions one by one, so that whoever holds up others can pause between them. */
export type Replay = {
  /** takes at most about 20 ms, whatever the draft */
  readonly take: (recorded: Recorded) => void
  readonly report: () => ReplayReport
}

/**
 * What a draft would have changed about decisions of the past: who would have lost what, who gained, and what would have passed rewritten
 * in another way. Records keep no arguments, no content and no session state, so a rule that asks for them is told only where the record
 * itself tells it; the rest is counted apart. Overrides act as they did at the time.
 */
export function beginReplay(draft: Draft, current: ReplayWorld): Replay {
  const redecide = redeciderOf(draft, current)
  const changes: ReplayChange[] = []
  let decisions = 0
  return {
    take: (recorded) => {
      decisions += 1
      const change = changeOf(recorded, redecide(recorded))
      if (change !== null) changes.push(change)
    },
    report: () => reportOf(decisions, changes),
  }
}

/** The whole replay at once, for callers that hold up nobody. */
export function replayPolicy(
  draft: Draft,
  records: Iterable<AuditRecord>,
  { current }: { readonly current: ReplayWorld } = { current: RECORDS_ALONE },
): ReplayReport {
  const { take, report } = beginReplay(draft, current)
  for (const record of records) for (const recorded of decisionsIn(record)) take(recorded)
  return report()
}

function reportOf(decisions: number, changes: readonly ReplayChange[]): ReplayReport {
  const count = (kind: ReplayChange['kind']) => changes.filter((change) => change.kind === kind).length
  return {
    decisions,
    unchanged: decisions - changes.length,
    loses: count('loses'),
    gains: count('gains'),
    modifies: count('modifies'),
    cannotTell: count('cannotTell'),
    byAgent: talliesOf(changes, ({ agent }) => agent),
    byTool: talliesOf(changes, ({ tool }) => tool),
    byHuman: talliesOf(changes, ({ human }) => human),
    changes: changes.slice(0, MOST_CHANGES),
  }
}

function changeOf(recorded: Recorded, redecided: Redecided): ReplayChange | null {
  const { possible, rules, open, rewritings } = redecided
  const before = recorded.decision.outcome
  const kind = kindOf(before, redecided)
  if (kind === null) return null
  const { id, at, agent, human, connection, action, direction } = recorded
  return {
    kind,
    decision: id,
    at,
    agent: agent.name,
    human: human.name,
    tool: `${connection.name}/${action.tool ?? action.method}`,
    direction,
    before,
    after: possible,
    rules: [...rules, ...open.map((rule) => `${rule}?`)],
    rewritings: { before: rewritings.before, after: rewritings.after },
  }
}

function kindOf(before: Outcome, { possible, rewritings }: Redecided): ReplayChange['kind'] | null {
  if (possible.every((after) => after === before)) return kindOfRewriting(before, rewritings.verdict)
  if (possible.every((after) => isStricter(after, before))) return 'loses'
  return possible.every((after) => isStricter(before, after)) ? 'gains' : 'cannotTell'
}

/** What does not pass is not rewritten. */
function kindOfRewriting(
  outcome: Outcome,
  verdict: Redecided['rewritings']['verdict'],
): ReplayChange['kind'] | null {
  if (outcome === 'deny' || outcome === 'abort' || verdict === 'same') return null
  return verdict === 'other' ? 'modifies' : 'cannotTell'
}

/** Those with the most changes first, then by name. */
function talliesOf(
  changes: readonly ReplayChange[],
  nameOf: (change: ReplayChange) => string,
): readonly Tally[] {
  const tallies = new Map<string, Record<ReplayChange['kind'], number>>()
  for (const change of changes) {
    const tally = tallies.get(nameOf(change)) ?? { loses: 0, gains: 0, modifies: 0, cannotTell: 0 }
    tally[change.kind] += 1
    tallies.set(nameOf(change), tally)
  }
  return [...tallies]
    .map(([name, tally]) => ({ name, ...tally }))
    .sort((left, right) => weightOf(right) - weightOf(left) || (left.name < right.name ? -1 : 1))
}

const weightOf = ({ loses, gains, modifies, cannotTell }: Tally): number =>
  loses + gains + modifies + cannotTell
