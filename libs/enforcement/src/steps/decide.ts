import type { Decision, Json } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import { contentOf, withContent } from '@writ/mcp'
import { checkAgainstSchema, isVisible, release } from '@writ/policy'
import type { ApprovalDesk, SessionEnder } from '../ports.ts'
import { allow } from '../stages.ts'
import type { Allowed, Asked, Entry } from '../stages.ts'
import { abortSession } from './abort.ts'
import { approvedOr, isStillApproved } from './approval.ts'
import { eventOf, isLetOut, keepOutbound, takesPart } from './keep.ts'
import { questionOf } from './question.ts'
import { approvedTool } from './tool.ts'
import type { ToolPorts } from './tool.ts'
import { giveBack } from './under-session.ts'
import type { Accepts, Weighing, WeighPorts } from './weigh.ts'
import { sessionKeyOf, weigh, weighingOf } from './weigh.ts'

export type DecidePorts = WeighPorts &
  ToolPorts & { readonly approvals: ApprovalDesk; readonly sessionEnder: SessionEnder }

/** Decides on the request. The original bytes go out, unless a rule modified what they say. */
export async function decide(asked: Asked, entry: Entry, ports: DecidePorts): Promise<Allowed | Refusal> {
  const weighing = await weighingOf(asked, 'outbound', contentOf(asked.message), ports)
  const decision = await decided(weighing, entry, ports)
  if (isRefusal(decision)) return decision
  if (decision.outcome === 'abort') return abortSession(decision, asked, ports)
  if (decision.outcome === 'deny') entry.hidden = hiddenName(asked, ports)
  if (!decision.modified) return allow(asked, decision, asked.received.body)
  return rewritten(asked, decision)
}

/** The decision, asked once more when what it wanted an approval for is approved: a cap may have been reached meanwhile. */
async function decided(weighing: Weighing, entry: Entry, ports: DecidePorts): Promise<Decision | Refusal> {
  const first = await weighed(weighing, entry, ports, false)
  if (isRefusal(first) || first.outcome !== 'ask') return first
  const refusal = await approvedOr(weighing.asked, first, entry, ports.approvals)
  if (refusal) return refusal
  const again = await weighed(weighing, entry, ports, true)
  if (isRefusal(again) || again.outcome !== 'ask') return again
  return isStillApproved(weighing.asked, first, again)
    ? { ...again, outcome: 'allow' }
    : new Refusal('approval_required')
}

/** Asks, and takes from the session what the call will have used when it goes out. */
async function weighed(weighing: Weighing, entry: Entry, ports: DecidePorts, isApproved: boolean) {
  const { asked, keys, isKept } = weighing
  const nowMs = ports.nowMs()
  const decision = await weigh(
    weighing,
    (present) => keepOutbound(asked, eventOf(asked, present, nowMs), isApproved),
    ports,
    acceptedBy(asked),
  )
  if (isRefusal(decision)) return decision
  entry.outbound = decision
  if (keys && isKept && takesPart(asked) && isLetOut(decision, isApproved)) {
    const event = eventOf(asked, keys, nowMs)
    entry.giveBack = () =>
      giveBack(sessionKeyOf(asked), ports.sessions, (state) =>
        release(state, asked.current.policies.session, event),
      )
  }
  return decision
}

/** The name that was called, when policy would not have shown it; to the agent a hidden tool and a denied one are the same. */
function hiddenName(asked: Asked, ports: DecidePorts): readonly string[] {
  const { tool } = asked.action
  if (tool === null) return []
  const question = questionOf(asked, 'outbound', {}, { state: null, nowMs: ports.nowMs() })
  return isVisible(asked.current.policies, question) ? [] : [tool]
}

/** Rewritten arguments still have to be what the tool takes: a call that a rule broke would fail in a way that nobody understands. */
function acceptedBy(asked: Asked): Accepts {
  const { method, tool: named } = asked.action
  const schema = approvedTool({ connection: asked.connection, method, named })?.inputSchema
  if (!schema) return () => null
  const before = argumentsIn(contentOf(asked.message))
  return (content) => checkAgainstSchema(before, argumentsIn(content), schema)
}

const argumentsIn = (content: Json): Json =>
  typeof content === 'object' && content !== null && 'arguments' in content ? content.arguments : {}

function rewritten(asked: Asked, decision: Decision): Allowed | Refusal {
  if (decision.outcome !== 'allow') return allow(asked, decision, asked.received.body)
  const outgoing = withContent(asked.message, decision.content)
  return isRefusal(outgoing) ? outgoing : allow(asked, decision, outgoing)
}
