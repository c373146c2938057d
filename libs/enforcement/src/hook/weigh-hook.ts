import { createHash } from 'node:crypto'
import type { Decision, Json } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import { RuleFault, sourcesOf } from '@writ/policy'
import type { Asking } from '../stages.ts'
import { abortSession } from '../steps/abort.ts'
import type { Outgoing, PolicyPorts } from '../steps/ask-policy.ts'
import { askPolicy } from '../steps/ask-policy.ts'
import { isCovered } from '../steps/authorization.ts'
import { canonical } from '../steps/canonical.ts'
import { keepExcerpt } from '../steps/excerpt.ts'
import { settingsOf } from '../steps/group-settings.ts'
import { groupsOf } from '../steps/groups.ts'
import { keepInbound, rememberedOf } from '../steps/keep.ts'
import { weigh, weighingOf } from '../steps/weigh.ts'
import type { HookEntry } from './mediate-hook.ts'
import type { Acting, HookAsk, Weighed } from './stages.ts'
import { ON_DEVICE } from './stages.ts'

/** Decides on a local action before it happens, and on what came of it. */
export async function weighHook(
  ask: HookAsk,
  acting: Acting,
  entry: HookEntry,
  ports: PolicyPorts,
): Promise<Weighed | Refusal> {
  const asking = askingOf(ask, acting)
  const { id, name } = asking.connection
  if (id !== null) entry.connection = asking.connection
  if (!isCovered(acting.caller.authorizations, { connection: name, action: asking.action }))
    return new Refusal('scope_insufficient')
  const decision = await (ask.moment === 'before'
    ? decidedBefore(asking, ask, entry, ports)
    : decidedAfter(asking, ask, entry, ports))
  if (isRefusal(decision)) return decision
  return passed(decision, asking, ask, ports)
}

/** An action on a server that is a connection of the tenant goes there, whichever way it takes. */
function askingOf({ understood, server }: HookAsk, { current, caller }: Acting): Asking {
  const { action, args } = understood
  const known = server === null ? undefined : current.connections.get(server)
  const unknown = {
    ...ON_DEVICE,
    name: server ?? ON_DEVICE.name,
    trust: server === null ? 'internal' : 'external',
  } as const
  return {
    channel: 'hooks',
    current,
    caller,
    connection: known ?? unknown,
    action,
    args,
    tool: { pin: 'unknown', annotations: {} },
  }
}

async function decidedBefore(asking: Asking, ask: HookAsk, entry: HookEntry, ports: PolicyPorts) {
  const weighing = await weighingOf(asking, 'outbound', ask.content, ports)
  return askPolicy(weighing, outgoingOf(ask, asking), entry, ports)
}

/** What an action brought back is judged like an answer; what the human wrote is remembered as theirs. */
async function decidedAfter(
  asking: Asking,
  ask: HookAsk,
  entry: HookEntry,
  ports: PolicyPorts,
): Promise<Decision | Refusal> {
  const weighing = await weighingOf(asking, 'inbound', ask.content, ports)
  const sources =
    ask.moment === 'prompt' ? (['user'] as const) : sourcesOf(asking.action, asking.connection.trust)
  const remembered = await rememberedOf(weighing, { sources, definitions: [], lease: undefined }, ports)
  const decision = await weigh(weighing, () => keepInbound(remembered), ports)
  if (isRefusal(decision)) return decision
  entry.inbound = decision
  keepExcerpt(entry, weighing, decision)
  return decision
}

function passed(
  decision: Decision,
  asking: Asking,
  { moment }: HookAsk,
  ports: PolicyPorts,
): Weighed | Refusal {
  const changed = decision.modified ? decision.content : null
  if (decision.outcome === 'allow') return { outcome: 'allow', changed }
  if (decision.outcome === 'abort') return abortSession(decision, asking, ports)
  if (moment !== 'before') return new Refusal('response_denied')
  return decision.outcome === 'ask' ? { outcome: 'ask', changed } : new Refusal('policy_denied')
}

const outgoingOf = (
  { canAsk, understood: { directory } }: HookAsk,
  { caller, current, action }: Asking,
): Outgoing => ({
  // The directory is none of the content, which is inspected; but `make deploy` is another action in another one.
  hashOf: (content: Json) =>
    createHash('sha256')
      .update(canonical([action.method, action.resource, directory, content]))
      .digest('hex'),
  accepts: () => (REWRITABLE.has(action.method) ? null : NOT_REWRITTEN),
  isAskedThere:
    canAsk &&
    current.bundle.hooks.asks === 'person' &&
    settingsOf(groupsOf(caller), current.bundle.groups).approvers !== 'nobody',
})

/** Of these the input is content. Of all others it is what a machine carries out, and another text is another action. */
const REWRITABLE: ReadonlySet<string> = new Set(['hook/mcp.call', 'hook/file.write', 'hook/agent.start'])
const NOT_REWRITTEN = new RuleFault('what a machine carries out cannot be rewritten')
