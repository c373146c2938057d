import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually } from './drivers/ledger.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const HOUR_MS = 3_600_000
const preload = new URL('./drivers/shifted-clock.mjs', import.meta.url).href

const shifted = (byMs: number): Record<string, string> => ({
  NODE_OPTIONS: `--import=${preload}`,
  WRIT_TEST_CLOCK_SHIFT_MS: String(byMs),
})

describe('a gateway whose clock is an hour off', () => {
  let world: World
  let agent: EnrolledAgent

  beforeAll(async () => {
    world = await startWorld({
      redis: 'required',
      gateways: 3,
      tuning: { gateways: [{}, shifted(HOUR_MS), shifted(-HOUR_MS)] },
    })
    agent = await world.acme.enrol()
  }, 120_000)
  afterAll(() => world.stop(), 60_000)

  const at = (gateway: number): string => `${world.platform.gateways[gateway]!.url}/acme/tools/mcp`
  const readiness = async (gateway: number) => {
    const response = await fetch(`${world.platform.gateways[gateway]!.adminUrl}/readyz`)
    return { status: response.status, text: await response.text() }
  }

  it('does not hinder one whose clock is right', async () => {
    await eventually(
      'an answer',
      async () => (await agent.call('lookup_order', { order: 'C-1' }, at(0))).status === 200,
    )
    expect(await readiness(0)).toEqual({ status: 200, text: 'ready\n' })
  })

  it.each([
    ['ahead', 1],
    ['behind', 2],
  ])('answers nothing when it is %s, reaches no upstream, and says so', async (_where, gateway) => {
    const before = world.acme.upstream.seen.length
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const { status } = await agent
        .call('lookup_order', { order: 'C-2' }, at(gateway))
        .catch(() => ({ status: 401 }))
      expect([401, 503]).toContain(status)
    }
    expect(world.acme.upstream.seen).toHaveLength(before)
    const { status, text } = await readiness(gateway)
    expect(status).toBe(503)
    expect(text).toContain('degraded: no word from the control plane')
  })
})
