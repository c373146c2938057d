import type { Decision, SessionState } from '@writ/contracts'
import type { ContentKeys, Definition, SessionEvent, Sighting } from '@writ/policy'
import { fingerprintSecret, hostsOf, observe, reserve, RuleFault, secretsIn, sourcesOf } from '@writ/policy'
import type { Asked, Lease } from '../stages.ts'
import { abortingRule } from './abort.ts'
import type { Keep } from './weigh.ts'

/** What a decision on a request means for its session: what the call takes of it, or that it was denied. */
export function keepOutbound(asked: Asked, event: SessionEvent, isApproved: boolean): Keep {
  const plan = asked.current.policies.session
  return (state, decision) => {
    const marked = observe(state, marksOf(decision))
    if (decision.outcome === 'deny' || decision.outcome === 'abort')
      return reserve(marked, plan, { ...event, kind: 'denial' })
    if (!isLetOut(decision, isApproved) || !takesPart(asked)) return marked
    const called = withHosts(reserve(marked, plan, event), asked, event.keys)
    return isApproved ? reserve(called, plan, { ...event, kind: 'approval' }) : called
  }
}

/** What came with an answer: what it lists, what was found in it, and the credential that was lent for it. */
export type Brought = {
  readonly definitions: readonly Definition[]
  readonly sightings: readonly Sighting[]
  readonly lease: Lease | undefined
}

/** What an answer means for its session: its labels, the values that came back, and the definitions that it listed. */
export function keepInbound(
  { action, connection, current }: Asked,
  keys: ContentKeys,
  brought: Brought,
): Keep {
  const { definitions, sightings, lease } = brought
  const lent =
    lease?.kind === 'header' ? [fingerprintSecret(lease.secret.value, keys.tenant) ?? []].flat() : []
  return (state, decision, question) => {
    const marked = observe(state, marksOf(decision))
    const listed = definitions
      .filter(({ kind }) => kind === 'tool')
      .reduce(
        (now, { name, pin }) => observe(now, { pin: { tool: `${connection.name}/${name}`, pin } }),
        marked,
      )
    const { remembersValues, remembersSecrets } = current.policies.session
    const answer = { content: question.content, sources: sourcesOf(action, connection.trust), keys }
    return observe(listed, {
      ...(remembersValues ? { answer } : {}),
      ...(remembersSecrets ? { secrets: [...lent, ...secretsIn(question.content, sightings, keys)] } : {}),
    })
  }
}

/** What a call takes from its session. */
export const eventOf = (
  { action, connection, args }: Asked,
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
export const takesPart = ({ action }: Asked): boolean => action.tool !== null

const marksOf = (decision: Decision) => ({
  labels: decision.labels,
  ...(decision.outcome === 'abort' ? { abortedBy: abortingRule(decision) } : {}),
})

/** Hosts that are too many to be told were not reached, as far as this session knows: the strict side. */
function withHosts(state: SessionState, { action, args }: Asked, keys: ContentKeys): SessionState {
  const hosts = hostsOf(action.resource, args)
  return hosts instanceof RuleFault
    ? state
    : hosts.reduce((now, name) => observe(now, { host: { name, keys } }), state)
}
