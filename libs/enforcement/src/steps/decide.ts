import type { Refusal } from '@writ/contracts'
import { isRefusal } from '@writ/contracts'
import { contentOf, PROTECTED_POINTERS, withContent } from '@writ/mcp'
import { decide as ask } from '@writ/policy'
import { allow } from '../stages.ts'
import type { Allowed, Asked, Entry } from '../stages.ts'
import { questionOf } from './question.ts'

/** Decides on the request. The original bytes go out, unless a rule modified what they say. */
export function decide(asked: Asked, entry: Entry): Allowed | Refusal {
  const question = questionOf(asked, 'outbound', contentOf(asked.message))
  const decision = ask(asked.current.policies, question, { protectedPointers: PROTECTED_POINTERS })
  entry.outbound = decision
  if (!decision.modified) return allow(asked, decision, asked.received.body)
  const rewritten = withContent(asked.message, decision.content)
  return isRefusal(rewritten) ? rewritten : allow(asked, decision, rewritten)
}
