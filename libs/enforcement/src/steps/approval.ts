import { createHash } from 'node:crypto'
import type { Decision, Json, JsonObject, RuleMatch } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import { literalTree } from '@writ/mcp'
import type { ApprovalDesk } from '../ports.ts'
import type { AnyEntry, Asked, Asking } from '../stages.ts'
import { signalOf } from '../hang-up.ts'
import { canonical, isObject } from './canonical.ts'
import { settingsOf } from './group-settings.ts'
import { groupsOf } from './groups.ts'

/**
 * Asks for the approval that a decision wants. It is bound to the caller, the tool, what would go out (after rules rewrote it) and the
 * bundle, and is used up by the call that it lets through: trying the same call again is how an agent waits.
 * @returns null when it is approved
 */
export async function approvedOr(
  { asking, decision, outgoing }: Wanted,
  entry: AnyEntry,
  desk: ApprovalDesk,
): Promise<Refusal | null> {
  const match = askingMatch(decision)
  const { caller, connection, current, action } = asking
  const { approvers } = settingsOf(groupsOf(caller), current.bundle.groups)
  if (match === undefined || decision.ask === null || approvers === 'nobody')
    return new Refusal('approval_unavailable')
  const claim = {
    tenant: current.bundle.tenant.slug,
    session: caller.session,
    agent: caller.agent.id,
    human: caller.human.id,
    connection: connection.id,
    tool: action.tool ?? action.method,
    argsSha256: hashOfClaim(outgoing, decision),
    bundle: { version: current.bundle.version, sha256: current.sha256 },
    match: { policy: match.policy, rule: match.rule, reason: match.reason },
    ...decision.ask,
  }
  const answer = await desk.claim(claim, signalOf(entry.received.hangUp))
  if (answer === null) return new Refusal('approval_unavailable')
  entry.approval = answer.id
  if (answer.state === 'approved') return null
  return new Refusal(answer.state === 'refused' ? 'approval_refused' : 'approval_required')
}

/** Over what would go out with this content, hex: an approval is bound to it. */
export type Sending = { readonly hashOf: (content: Json) => string }

/** What an approval is wanted for. */
export type Wanted = {
  readonly asking: Asking
  readonly decision: Decision
  readonly outgoing: Sending
}

const askingMatch = ({ matches }: Decision): RuleMatch | undefined => matches.find(isAsking)

const isAsking = ({ effect, mode, errored, overriddenBy }: RuleMatch): boolean =>
  effect === 'ask' && mode === 'enforce' && !errored && overriddenBy === null

/**
 * Whether what was approved is what goes out now. The session goes on while people think: what it has met since can make another rule
 * ask, which nobody has answered, or another rewriting of the same call.
 */
export const isStillApproved = ({ hashOf }: Sending, approved: Decision, now: Decision): boolean => {
  const answered = new Set(askingRules(approved))
  return (
    askingRules(now).every((rule) => answered.has(rule)) && hashOf(now.content) === hashOf(approved.content)
  )
}

const askingRules = ({ matches }: Decision): readonly string[] =>
  matches.filter(isAsking).map(({ policy, rule }) => `${policy}/${rule}`)

/** What goes out, and every rule that asks about it: an answer to one is no answer to another that asks since. */
const hashOfClaim = ({ hashOf }: Wanted['outgoing'], decision: Decision): string =>
  createHash('sha256')
    .update(JSON.stringify([hashOf(decision.content), ...new Set(askingRules(decision))].toSorted()))
    .digest('hex')

/** A message that goes out. Numbers that JSON cannot say exactly are taken as they were sent; no rule rewrites a message that has one. */
export function hashOfCall({ action, message, received }: Asked, content: Json): string {
  const sent = message.inexact ? contentAsWritten(received.body) : content
  const called = isObject(sent) ? withoutMarks(sent) : { content: sent }
  return createHash('sha256')
    .update(`${action.method}\n${message.inexact ? 'as written\n' : ''}${canonical(called)}`)
    .digest('hex')
}

function contentAsWritten(body: Uint8Array): Json {
  const tree = literalTree(body)
  return isObject(tree) ? (tree['params'] ?? tree['result'] ?? tree['error'] ?? null) : tree
}

/** Without what is another one with every try and has no room for anything else; the rest of `_meta` is approved with the call. */
function withoutMarks(params: JsonObject): JsonObject {
  const { _meta: meta, ...rest } = params
  if (!isObject(meta ?? null)) return params
  const kept = Object.entries(meta ?? {}).filter(([name, value]) => !MARKS.get(name)?.test(textOf(value)))
  return kept.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(kept) }
}

/** A token of the protocol's own form, and W3C Trace Context §3.2; each may begin with the sign of `literalTree`. */
const MARKS: ReadonlyMap<string, RegExp> = new Map([
  ['progressToken', /^[\w.-]{1,65}$/],
  ['traceparent', /^s?[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/],
])

const textOf = (value: Json): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''
