import { createHash } from 'node:crypto'
import type { Decision, Json, JsonObject, RuleMatch } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import type { ApprovalDesk } from '../ports.ts'
import type { Asked, Entry } from '../stages.ts'
import { settingsOf } from './group-settings.ts'

/**
 * Asks for the approval that a decision wants. It is bound to the caller, the tool, what would go out (after rules rewrote it) and the
 * bundle, and is used up by the call that it lets through: trying the same call again is how an agent waits.
 * @returns null when it is approved
 */
export async function approvedOr(
  asked: Asked,
  decision: Decision,
  entry: Entry,
  desk: ApprovalDesk,
): Promise<Refusal | null> {
  const match = askingMatch(decision)
  const { caller, connection, current, action } = asked
  const groups = [...caller.agent.groups, ...caller.human.groups]
  const { approvers } = settingsOf(groups, current.bundle.groups)
  if (match === undefined || decision.ask === null || approvers === 'nobody')
    return new Refusal('approval_unavailable')
  const answer = await desk.claim({
    tenant: current.bundle.tenant.slug,
    session: caller.session,
    agent: caller.agent.id,
    human: caller.human.id,
    connection: connection.id,
    tool: action.tool ?? action.method,
    argsSha256: hashOfClaim(asked, decision),
    bundle: { version: current.bundle.version, sha256: current.sha256 },
    match: { policy: match.policy, rule: match.rule, reason: match.reason },
    ...decision.ask,
  })
  if (answer === null) return new Refusal('approval_unavailable')
  entry.approval = answer.id
  if (answer.state === 'approved') return null
  return new Refusal(answer.state === 'refused' ? 'approval_refused' : 'approval_required')
}

const askingMatch = ({ matches }: Decision): RuleMatch | undefined => matches.find(isAsking)

const isAsking = ({ effect, mode, errored, overriddenBy }: RuleMatch): boolean =>
  effect === 'ask' && mode === 'enforce' && !errored && overriddenBy === null

/**
 * Whether what was approved is what goes out now. The session goes on while people think: what it has met since can make another rule
 * ask, which nobody has answered, or another rewriting of the same call.
 */
export const isStillApproved = (asked: Asked, approved: Decision, now: Decision): boolean => {
  const answered = new Set(askingRules(approved))
  return (
    askingRules(now).every((rule) => answered.has(rule)) &&
    hashOfCall(asked, now.content) === hashOfCall(asked, approved.content)
  )
}

const askingRules = ({ matches }: Decision): readonly string[] =>
  matches.filter(isAsking).map(({ policy, rule }) => `${policy}/${rule}`)

/** What goes out, and every rule that asks about it: an answer to one is no answer to another that asks since. */
const hashOfClaim = (asked: Asked, decision: Decision): string =>
  createHash('sha256')
    .update(
      JSON.stringify([hashOfCall(asked, decision.content), ...new Set(askingRules(decision))].toSorted()),
    )
    .digest('hex')

/** What goes out, without `_meta`: a progress token is another one with every try. Numbers that JSON cannot say exactly are hashed as they were sent. */
function hashOfCall({ action, message, received }: Asked, content: Json): string {
  const hash = createHash('sha256').update(`${action.method}\n`)
  if (message.inexact) return hash.update(received.body).digest('hex')
  const { _meta, ...params } = isObject(content) ? content : { content }
  return hash.update(JSON.stringify(sorted(params))).digest('hex')
}

function sorted(value: Json): Json {
  if (!isObject(value)) return Array.isArray(value) ? value.map(sorted) : value
  const names = Object.keys(value).toSorted()
  return Object.fromEntries(names.map((name) => [name, sorted(value[name] ?? null)]))
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
