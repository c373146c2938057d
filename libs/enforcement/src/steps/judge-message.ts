import type { Decision, Json } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Message, MessageLimits } from '@writ/mcp'
import { contentOf, PROTECTED_POINTERS, rowOf, withContent } from '@writ/mcp'
import { decide, strictest } from '@writ/policy'
import type { Scrubber } from '../ports.ts'
import type { Allowed, Entry } from '../stages.ts'
import { questionOf } from './question.ts'

/** What judging one answer takes. In a stream, `allowed` is that of the moment. */
export type Bench = {
  readonly allowed: Allowed
  readonly entry: Entry
  readonly limits: MessageLimits
  readonly scrubber: Scrubber
}

/** One message of the upstream: its bytes as they came, rewritten where a rule says so, or why it may not pass. */
export function judgedMessage(message: Message, original: Uint8Array, bench: Bench): Uint8Array | Refusal {
  if (!isExpected(message, bench)) return new Refusal('upstream_malformed')
  const content = contentOf(message)
  const decision = decisionOn(bench.scrubber.tree(content), bench)
  if (decision.outcome !== 'allow') return new Refusal('response_denied')
  if (decision.content === content) return original
  const rewritten = withContent(message, decision.content)
  return isRefusal(rewritten) ? new Refusal('response_denied', rewritten.detail) : rewritten
}

/** What no policy reads must say nothing of its own: the id is the agent's, the method is of the table. */
function isExpected(message: Message, { allowed, scrubber }: Bench): boolean {
  const id = String(message.id)
  if (scrubber.text(id) !== id) return false
  if (message.kind !== 'response') return isOfServer(message)
  // A stream that was resumed brings answers to earlier calls.
  return allowed.message.kind !== 'request' || message.id === null || message.id === allowed.message.id
}

function isOfServer(message: Message): boolean {
  const row = rowOf(message)
  return row !== undefined && row.from !== 'client'
}

export function decisionOn(content: Json, { allowed, entry }: Bench): Decision {
  const question = questionOf(allowed, 'inbound', content)
  const decision = decide(allowed.current.policies, question, { protectedPointers: PROTECTED_POINTERS })
  entry.inbound = strictest(entry.inbound, decision)
  return decision
}
