import { describe, expect, it } from '@jest/globals'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Allowed, UpstreamAnswer, UpstreamClient } from '@writ/enforcement'
import { withAgentPlaces } from './agent-places.ts'

const NO_LEASE = { kind: 'none' } as const

/** What the places look at of a call. */
function callOf(agent: string, tenant = 'a'): { readonly allowed: Allowed; readonly leave: () => void } {
  const hangUp = new AbortController()
  const seen = { caller: { tenantId: tenant, agent: { id: agent } }, received: { hangUp: hangUp.signal } }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else of it is read
  return { allowed: seen as unknown as Allowed, leave: () => hangUp.abort() }
}

const streaming = (): UpstreamAnswer & { readonly kind: 'stream' } => ({
  kind: 'stream',
  status: 200,
  headers: [],
  stop: () => {},
  events: (async function* () {
    yield { bytes: new Uint8Array(), data: null }
  })(),
})
const giving = (answer: () => UpstreamAnswer | Refusal): UpstreamClient => ({ forward: async () => answer() })
const codeOf = (answer: UpstreamAnswer | Refusal) => (isRefusal(answer) ? answer.code : answer.kind)

describe('places of agents', () => {
  it('are as many as there may be for each agent, and one does not take those of another', async () => {
    const { forward } = withAgentPlaces(giving(streaming), 2)
    const said = async (agent: string, tenant?: string) =>
      codeOf(await forward(callOf(agent, tenant).allowed, NO_LEASE))
    expect([await said('x'), await said('x'), await said('x')]).toEqual(['stream', 'stream', 'rate_limited'])
    expect([await said('y'), await said('x', 'b')]).toEqual(['stream', 'stream'])
  })

  it.each<[string, (open: UpstreamAnswer & { kind: 'stream' }, leave: () => void) => Promise<void> | void]>([
    [
      'it is read to its end',
      async ({ events }) => {
        for await (const event of events) expect(event.data).toBeNull()
      },
    ],
    ['it is let go of', ({ stop }) => stop()],
    ['its agent leaves', (_, leave) => leave()],
  ])('are free again when a stream ends: %s', async (_, end) => {
    const { forward } = withAgentPlaces(giving(streaming), 1)
    const { allowed, leave } = callOf('x')
    const open = await forward(allowed, NO_LEASE)
    expect(codeOf(await forward(callOf('x').allowed, NO_LEASE))).toBe('rate_limited')
    if (isRefusal(open) || open.kind !== 'stream') throw new Error('a stream was expected')
    await end(open, leave)
    // Twice given back is once.
    leave()
    expect(codeOf(await forward(callOf('x').allowed, NO_LEASE))).toBe('stream')
    expect(codeOf(await forward(callOf('x').allowed, NO_LEASE))).toBe('rate_limited')
  })

  it('are free again when a call is answered, refused, or fails by a bug', async () => {
    for (const answer of [whole, () => new Refusal('upstream_unreachable'), bug]) {
      const { forward } = withAgentPlaces(giving(answer), 1)
      const tried = () => forward(callOf('x').allowed, NO_LEASE).then(codeOf, () => 'bug')
      const first = await tried()
      expect(await tried()).toBe(first)
      expect(first).not.toBe('rate_limited')
    }
  })
})

const bug = () => {
  throw new TypeError('a bug')
}
const whole = (): UpstreamAnswer => ({ kind: 'whole', status: 200, headers: [], body: new Uint8Array() })
