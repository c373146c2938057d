import type { Decision, Provenance, SessionState } from '@writ/contracts'
import type { ContentKeys, Definition, Seen, SessionEvent } from '@writ/policy'
import { fingerprintSecret, hostsOf, observe, reserve, RuleFault, secretsIn, valuesIn } from '@writ/policy'
import type { Asking, Lease } from '../stages.ts'
import { abortingRule } from './abort.ts'
import { inTurns } from './in-turns.ts'
import type { Turns } from './in-turns.ts'
import { pinsShown } from './tool.ts'
import type { Keep, Weighing } from './weigh.ts'

/** What a decision on a request means for its session: what the call takes of it, or that it was denied. */
export function keepOutbound(asking: Asking, event: SessionEvent, isApproved: boolean): Keep {
  const plan = asking.current.policies.session
  return (state, decision) => {
    const marked = observe(state, marksOf(decision))
    if (decision.outcome === 'deny' || decision.outcome === 'abort')
      return reserve(marked, plan, { ...event, kind: 'denial' })
    if (!isLetOut(decision, isApproved) || !takesPart(asking)) return marked
    const called = withHosts(reserve(marked, plan, event), asking, event.keys)
    return isApproved ? reserve(called, plan, { ...event, kind: 'approval' }) : called
  }
}

/** What came with an answer: as whose words it counts, what it lists, and the credential that was lent for it. */
export type Brought = {
  readonly sources: readonly Provenance[]
  readonly definitions: readonly Definition[]
  readonly lease: Lease | undefined
}

/**
 * What of an answer its session will remember. Made once and in slices, before the session is asked for: what is done under compare-and-set
 * may be done many times over.
 */
export async function rememberedOf(weighing: Weighing, brought: Brought, turns: Turns): Promise<Seen> {
  const { asking, content, keys, isKept } = weighing
  if (keys === null || !isKept) return {}
  const { remembersValues, remembersSecrets } = asking.current.policies.session
  const sources = remembersValues ? brought.sources : []
  return {
    pins: pinsShown(brought.definitions, asking.connection),
    ...(sources.length === 0
      ? {}
      : { answer: { values: await inTurns(valuesIn(content, keys), turns), sources } }),
    ...(remembersSecrets ? { secrets: [...lentBy(brought, keys), ...secretsFound(weighing, keys)] } : {}),
  }
}

function lentBy({ lease }: Brought, { tenant }: ContentKeys): readonly string[] {
  const print = lease && lease.kind !== 'none' ? fingerprintSecret(lease.secret.value, tenant) : null
  return print === null ? [] : [print]
}

const secretsFound = ({ content, inspection }: Weighing, keys: ContentKeys): readonly string[] =>
  secretsIn(content, inspection?.sightings ?? [], keys)

/** What an answer means for its session: its labels, the values that came back, and the definitions that it listed. */
export const keepInbound =
  (remembered: Seen): Keep =>
  (state, decision) =>
    observe(observe(state, marksOf(decision)), remembered)

/** What a call takes from its session. */
export const eventOf = (
  { action, connection, args }: Asking,
  keys: ContentKeys,
  nowMs: number,
): SessionEvent => ({
  kind: 'call',
  nowMs,
  action,
  connection,
  args,
  keys,
})

/** An ask that was approved lets out as an allow does. */
export const isLetOut = ({ outcome }: Decision, isApproved: boolean): boolean =>
  outcome === 'allow' || (isApproved && outcome === 'ask')

/** Messages that name nothing (a ping, a listing) are no calls that a budget counts. */
export const takesPart = ({ action }: Asking): boolean => action.tool !== null

const marksOf = (decision: Decision) => ({
  labels: decision.labels,
  ...(decision.outcome === 'abort' ? { abortedBy: abortingRule(decision) } : {}),
})

/** Hosts that are too many to be told were not reached, as far as this session knows: the strict side. */
function withHosts(state: SessionState, { action, args }: Asking, keys: ContentKeys): SessionState {
  const names = hostsOf(action.resource, args)
  return names instanceof RuleFault ? state : observe(state, { hosts: { names, keys } })
}
