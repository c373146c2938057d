import type { Decision, Json } from '@writ/contracts'
import { isRefusal } from '@writ/contracts'
import type { Refusal } from '@writ/contracts'
import { contentOf, withContent } from '@writ/mcp'
import { checkAgainstSchema, isVisible } from '@writ/policy'
import { allow } from '../stages.ts'
import type { Allowed, Asked, Entry } from '../stages.ts'
import { abortSession } from './abort.ts'
import { hashOfCall } from './approval.ts'
import { askPolicy } from './ask-policy.ts'
import type { PolicyPorts } from './ask-policy.ts'
import { questionOf } from './question.ts'
import { approvedTool } from './tool.ts'
import type { ToolPorts } from './tool.ts'
import type { Accepts } from './weigh.ts'
import { weighingOf } from './weigh.ts'

export type DecidePorts = PolicyPorts & ToolPorts

/** Decides on the request. The original bytes go out, unless a rule modified what they say. */
export async function decide(asked: Asked, entry: Entry, ports: DecidePorts): Promise<Allowed | Refusal> {
  const weighing = await weighingOf(asked, 'outbound', contentOf(asked.message), ports)
  const outgoing = { hashOf: (content: Json) => hashOfCall(asked, content), accepts: acceptedBy(asked) }
  const decision = await askPolicy(weighing, outgoing, entry, ports)
  if (isRefusal(decision)) return decision
  if (decision.outcome === 'abort') return abortSession(decision, asked, ports)
  if (decision.outcome === 'deny') entry.hidden = hiddenName(asked, ports)
  if (!decision.modified) return allow(asked, decision, asked.received.body)
  return rewritten(asked, decision)
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
