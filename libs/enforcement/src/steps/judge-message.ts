import type { Decision, Json } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Message, MessageLimits } from '@writ/mcp'
import { contentOf, rowOf, withContent } from '@writ/mcp'
import type { Definition } from '@writ/policy'
import { sourcesOf, strictest } from '@writ/policy'
import type { Scrubber, SessionEnder } from '../ports.ts'
import type { Allowed, Entry } from '../stages.ts'
import { abortSession } from './abort.ts'
import { answering, isResumed } from './answering.ts'
import { keepExcerpt } from './excerpt.ts'
import { inTurns } from './in-turns.ts'
import { keepInbound, rememberedOf } from './keep.ts'
import { ownTasks } from './listed-tasks.ts'
import { definitionsOf, isLaterPage, listed, listsTooMany } from './listing.ts'
import { underOwnMethod } from './own-method.ts'
import { rememberTask } from './tasks.ts'
import type { ToolPorts } from './tool.ts'
import { weigh, weighingOf } from './weigh.ts'
import type { WeighPorts } from './weigh.ts'

export type MessagePorts = WeighPorts & ToolPorts & { readonly sessionEnder: SessionEnder }

/** What judging one answer takes. In a stream, `allowed` is that of the moment. */
export type Bench = {
  readonly allowed: Allowed
  readonly entry: Entry
  readonly limits: MessageLimits
  readonly scrubber: Scrubber
  readonly ports: MessagePorts
  /** of what the server asks or tells of its own accord; else null */
  readonly ownMethod: string | null
}

/** One message of the upstream: its bytes as they came, rewritten where a rule says so, or why it may not pass. */
export async function judgedMessage(
  message: Message,
  original: Uint8Array,
  opening: Bench,
): Promise<Uint8Array | Refusal> {
  if (!(await isExpected(message, opening))) return new Refusal('upstream_malformed')
  const { entry, limits, scrubber, ports } = opening
  const allowed = await answering(opening.allowed, message, ports)
  const bench: Bench = { allowed, entry, limits, scrubber, ports, ownMethod: message.method }
  const content = contentOf(message)
  const scrubbed = await inTurns(scrubber.tree(content), ports)
  if (listsTooMany(scrubbed, bench.allowed)) return new Refusal('upstream_too_large')
  const passing = await passingOf(scrubbed, bench, await remembered(message, scrubbed, bench))
  if (isRefusal(passing)) return passing
  if (passing === content) return original
  const rewritten = withContent(message, passing)
  return isRefusal(rewritten) ? new Refusal('response_denied', rewritten.detail) : rewritten
}

/** Why what an upstream said is not read: it is the upstream's message, and not the agent's, that is at fault. */
export const unread = ({ code, detail }: Refusal): Refusal =>
  code === 'message_too_large'
    ? new Refusal('upstream_too_large', `the answer of the upstream is not taken: ${detail}`)
    : new Refusal('upstream_malformed')

/** What no policy reads must say nothing of its own: the id is the agent's, the method is of the table. */
async function isExpected(message: Message, { allowed, scrubber, ports }: Bench): Promise<boolean> {
  const id = String(message.id)
  if ((await inTurns(scrubber.text(id), ports)) !== id) return false
  if (message.kind !== 'response') return isOfServer(message)
  return message.id === null || isAnswered(message.id, allowed)
}

/** Nothing that is no request has an answer: one that came there would be taken for that of another call, and judged as that of none. */
export function isAnswered(id: string | number, { action, message: asked }: Allowed): boolean {
  // A stream that was resumed brings answers to earlier calls.
  return isResumed(action.method) || (asked.kind === 'request' && id === asked.id)
}

function isOfServer(message: Message): boolean {
  const row = rowOf(message)
  return row !== undefined && row.from !== 'client'
}

/** Definitions are remembered as the server said them, before policy leaves anything out. */
async function remembered(
  message: Message,
  content: Json,
  { allowed, entry, ports }: Bench,
): Promise<readonly Definition[]> {
  if (message.kind !== 'response') return []
  if (isTurnedDown(message)) entry.turnedDown = true
  await rememberTask(message, allowed, ports)
  const definitions = await definitionsOf(content, allowed, ports)
  if (definitions.length > 0)
    ports.seen.saw(allowed.current.bundle.tenant, {
      connection: allowed.connection.id,
      definitions,
      isContinued: isLaterPage(allowed),
    })
  return definitions
}

/**
 * Errors of JSON-RPC 2.0 §5.1 that are said before anything is carried out. Every other one can come after the effect: of a call that
 * the agent cancelled, or whose result the server could not write. So can `Invalid params`, which servers also say of their results.
 */
const isTurnedDown = ({ error }: Message): boolean => UNCARRIED.has(error?.['code'])

const UNCARRIED: ReadonlySet<Json | undefined> = new Set([-32_700, -32_600, -32_601])

/** What of an answer may pass: rewritten by rules, without what this caller is not shown. */
export async function passingOf(
  content: Json,
  bench: Bench,
  definitions: readonly Definition[] = [],
): Promise<Json | Refusal> {
  const { allowed, entry, ports } = bench
  const decision = await decisionOn(content, bench, definitions)
  if (isRefusal(decision)) return decision
  if (decision.outcome === 'abort') return abortSession(decision, allowed, ports)
  if (decision.outcome !== 'allow') return new Refusal('response_denied')
  const own = await ownTasks(decision.content, allowed, ports)
  const { content: passing, hidden } = await listed(own, allowed, ports)
  if (hidden.length > 0) entry.hidden = [...(entry.hidden ?? []), ...hidden]
  return passing
}

async function decisionOn(
  content: Json,
  { allowed, entry, ports, ownMethod }: Bench,
  definitions: readonly Definition[],
): Promise<Decision | Refusal> {
  const weighing = await weighingOf(allowed, 'inbound', content, ports)
  const seen = await rememberedOf(
    weighing,
    { sources: sourcesOf(allowed.action, allowed.connection.trust), definitions, lease: entry.lease },
    ports,
  )
  const asCall = await weigh(weighing, () => keepInbound(seen), ports)
  const isAsked = ownMethod !== null && !isRefusal(asCall) && asCall.outcome === 'allow'
  const decision = isAsked ? await underOwnMethod(weighing, asCall, ownMethod, ports) : asCall
  if (isRefusal(decision)) return decision
  entry.inbound = strictest(entry.inbound, decision)
  keepExcerpt(entry, weighing, decision)
  return decision
}
