import { isRefusal, Refusal } from '@writ/contracts'
import type { HangUp, StreamEvent, UpstreamAnswer, UpstreamClient } from '@writ/enforcement'

/**
 * At most so many calls and open streams of one agent at once, over all its sessions and connections: an agent that opens streams without
 * end keeps no place that another one needs. What is turned away never left.
 */
export function withAgentPlaces(client: UpstreamClient, mostPerAgent: number): UpstreamClient {
  const taken = new Map<string, number>()
  return {
    forward: async (allowed, lease) => {
      const { caller, received } = allowed
      const agent = `${caller.tenantId}/${caller.agent.id}`
      if ((taken.get(agent) ?? 0) >= mostPerAgent) return FULL
      const leave = takePlace(taken, agent)
      let isHeldOpen = false
      try {
        const answer = await client.forward(allowed, lease)
        if (isRefusal(answer) || answer.kind === 'whole') return answer
        isHeldOpen = true
        return whileOpen(answer, received.hangUp, leave)
      } finally {
        if (!isHeldOpen) leave()
      }
    },
  }
}

const FULL = new Refusal(
  'rate_limited',
  'as many calls and streams of this agent are open as there may be: try again later',
  1,
)

/** @returns gives the place back, once */
function takePlace(taken: Map<string, number>, agent: string): () => void {
  taken.set(agent, (taken.get(agent) ?? 0) + 1)
  let isTaken = true
  return () => {
    if (!isTaken) return
    isTaken = false
    const left = (taken.get(agent) ?? 1) - 1
    if (left === 0) taken.delete(agent)
    else taken.set(agent, left)
  }
}

function whileOpen(
  answer: UpstreamAnswer & { readonly kind: 'stream' },
  hangUp: HangUp,
  leave: () => void,
): UpstreamAnswer {
  hangUp.addEventListener('abort', leave, { once: true })
  if (hangUp.aborted) leave()
  return {
    ...answer,
    events: untilTheEnd(answer.events, leave),
    stop: () => {
      leave()
      answer.stop()
    },
  }
}

async function* untilTheEnd(
  events: AsyncIterable<StreamEvent>,
  leave: () => void,
): AsyncGenerator<StreamEvent> {
  try {
    yield* events
  } finally {
    leave()
  }
}
