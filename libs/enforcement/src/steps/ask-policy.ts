import type { Decision } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import { release } from '@writ/policy'
import type { ApprovalDesk, SessionEnder } from '../ports.ts'
import type { AnyEntry, Asking } from '../stages.ts'
import { approvedOr, isStillApproved } from './approval.ts'
import type { Sending } from './approval.ts'
import { keepExcerpt } from './excerpt.ts'
import { eventOf, isLetOut, keepOutbound, takesPart } from './keep.ts'
import { giveBack } from './under-session.ts'
import type { Accepts, Weighing, WeighPorts } from './weigh.ts'
import { sessionKeyOf, weigh } from './weigh.ts'

export type PolicyPorts = WeighPorts & {
  readonly approvals: ApprovalDesk
  readonly sessionEnder: SessionEnder
}

/** What a channel says of an action that is to be let out. */
export type Outgoing = Sending & {
  /** whether rewritten content may still go where it goes */
  readonly accepts: Accepts
  /** a person is asked where the action comes from: then `ask` is an answer, and counts as let out */
  readonly isAskedThere?: boolean
}

/** The decision on an action, asked once more when what it wanted an approval for is approved: a cap may have been reached meanwhile. */
export async function askPolicy(
  weighing: Weighing,
  outgoing: Outgoing,
  entry: AnyEntry,
  ports: PolicyPorts,
): Promise<Decision | Refusal> {
  const { isAskedThere = false } = outgoing
  const first = await weighed(weighing, outgoing, { entry, isApproved: isAskedThere }, ports)
  if (isRefusal(first) || first.outcome !== 'ask' || isAskedThere) return first
  const refusal = await approvedOr(
    { asking: weighing.asking, decision: first, outgoing },
    entry,
    ports.approvals,
  )
  if (refusal) return refusal
  const again = await weighed(weighing, outgoing, { entry, isApproved: true }, ports)
  if (isRefusal(again) || again.outcome !== 'ask') return again
  return isStillApproved(outgoing, first, again)
    ? { ...again, outcome: 'allow' }
    : new Refusal('approval_required')
}

type Asked = { readonly entry: AnyEntry; readonly isApproved: boolean }

/** Asks, and takes from the session what the action will have used when it goes out. */
async function weighed(
  weighing: Weighing,
  { accepts }: Outgoing,
  { entry, isApproved }: Asked,
  ports: PolicyPorts,
): Promise<Decision | Refusal> {
  const { asking, keys, isKept } = weighing
  const nowMs = ports.nowMs()
  const decision = await weigh(
    weighing,
    (present) => keepOutbound(asking, eventOf(asking, present, nowMs), isApproved),
    ports,
    accepts,
  )
  if (isRefusal(decision)) return decision
  entry.outbound = decision
  keepExcerpt(entry, weighing, decision)
  if (keys && isKept && takesPart(asking) && isLetOut(decision, isApproved))
    entry.giveBack = () => backTo(asking, keys, nowMs, ports)
  return decision
}

type Keys = Parameters<typeof eventOf>[1]

const backTo = (asking: Asking, keys: Keys, nowMs: number, { sessions }: PolicyPorts): Promise<void> =>
  giveBack(sessionKeyOf(asking), sessions, (state) =>
    release(state, asking.current.policies.session, eventOf(asking, keys, nowMs)),
  )
