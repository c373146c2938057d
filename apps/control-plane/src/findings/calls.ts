import { SKEW_MS, UNDER_WAY_MS } from './history.ts'
import type { Found, History } from './history.ts'
import { matched } from './matched.ts'
import type { Call, Hook } from './matched.ts'
import type { McpCall, Sight } from './sight.ts'

/** A conversation that hooks told nothing of for so long may be over. */
export const LIVE_MS = 600_000

/** Tool calls that a hook let out and no gateway saw, and calls at a gateway that no hook had told of. */
export function callsWithout(history: History): Found[] {
  const hooks = history.sights.filter((sight) => isCallOf(sight, history.connections))
  const { unseen, untold } = unmatched(hooks, history.sights.filter(isGatewayCall))
  return [
    ...unseen.filter((hook) => isUnseen(hook, history)).map((hook) => unseenCall(hook, history)),
    ...untold.filter((call) => history.isAsked(call) && isUntold(call, history)).map(untoldCall),
  ]
}

// What was denied covers nothing: whoever calls all the same is found.
const isCallOf = (sight: Sight, connections: ReadonlySet<string>): sight is Hook =>
  sight.channel === 'hooks' &&
  sight.moment === 'before' &&
  sight.verdict !== 'stopped' &&
  sight.call !== null &&
  connections.has(sight.call.connection)

const isGatewayCall = (sight: Sight): sight is Call => sight.channel === 'gateway'

/** Of each tool by itself, one to one. */
function unmatched(hooks: readonly Hook[], calls: readonly Call[]): { unseen: Hook[]; untold: Call[] } {
  const [hooksOf, callsOf] = [grouped(hooks, toolOf), grouped(calls, toolOf)]
  const taken = new Set<Sight>()
  for (const [tool, ofTool] of hooksOf)
    for (const { hook, call } of matched(ofTool, callsOf.get(tool) ?? [])) taken.add(hook).add(call)
  const told = grouped(
    calls.filter((call) => taken.has(call)),
    bytesOf,
  )
  return {
    unseen: hooks.filter((hook) => !taken.has(hook)),
    untold: calls.filter((call) => !taken.has(call) && !isRetry(call, told.get(bytesOf(call)) ?? [])),
  }
}

function grouped<Of>(sights: readonly Of[], keyOf: (sight: Of) => string): Map<string, Of[]> {
  const groups = new Map<string, Of[]>()
  for (const sight of sights) {
    const group = groups.get(keyOf(sight))
    if (group) group.push(sight)
    else groups.set(keyOf(sight), [sight])
  }
  return groups
}

const toolOf = ({ call: { connection, tool } }: Hook | Call): string => JSON.stringify([connection, tool])
const bytesOf = ({ call: { connection }, body }: Call): string => `${connection} ${body}`

/** The same bytes once more: an agent, or its HTTP library, that tried again. */
const isRetry = (call: Call, told: readonly Call[]): boolean =>
  call.body !== '' && told.some(({ atMs }) => Math.abs(call.atMs - atMs) <= UNDER_WAY_MS)

// A person who was asked may have said no.
const isUnseen = (hook: Hook, { isAsked, mayMiss }: History): boolean =>
  isAsked(hook) &&
  hook.verdict === 'let' &&
  !mayMiss('gateway', hook.atMs - SKEW_MS, hook.atMs + UNDER_WAY_MS)

function unseenCall(hook: Hook, { sights }: History): Found {
  const cameBack = hook.toolUse !== null && sights.some((sight) => isResultOf(sight, hook))
  return {
    fact: `hook_without_gateway ${hook.decision}`,
    about: hook,
    finding: {
      kind: 'hook_without_gateway',
      severity: cameBack ? 'high' : 'low',
      decisions: [hook.decision],
      text: `${described(hook.call)} was let out by a hook, and no gateway saw it within two minutes${cameBack ? '; it had a result' : ''}`,
    },
  }
}

const isResultOf = (sight: Sight, hook: Hook): boolean =>
  sight.channel === 'hooks' && sight.moment === 'after' && sight.toolUse === hook.toolUse

/** Whether hooks were at work at that moment: a client that never had any is no bypass. */
const isUntold = ({ atMs }: Call, { sights, mayMiss }: History): boolean =>
  isLiveAt(atMs, sights) && !mayMiss('device', atMs - UNDER_WAY_MS, atMs + SKEW_MS)

function isLiveAt(atMs: number, sights: readonly Sight[]): boolean {
  const live = new Set<string | null>()
  for (const sight of sights) {
    if (sight.channel !== 'hooks' || sight.client === 'sandbox') continue
    if (sight.atMs < atMs - LIVE_MS || sight.atMs > atMs + SKEW_MS) continue
    if (sight.moment === 'conversation.end') live.delete(sight.conversation)
    else live.add(sight.conversation)
  }
  return live.size > 0
}

const untoldCall = (call: Call): Found => ({
  fact: `gateway_without_hook ${call.decision}`,
  about: call,
  finding: {
    kind: 'gateway_without_hook',
    severity: call.verdict === 'stopped' ? 'low' : 'medium',
    decisions: [call.decision],
    text: `${described(call.call)} reached a gateway, and no hook of the live conversation told of it`,
  },
})

const described = ({ connection, tool }: McpCall): string =>
  `a call of ${tool.slice(0, 200)} of ${connection.slice(0, 100)}`
