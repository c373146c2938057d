import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { eventually, storedRecords } from './drivers/ledger.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const KILLS = 20
const CALLERS = 8

describe('a gateway that is killed under load', () => {
  let world: World
  let agent: EnrolledAgent

  beforeAll(async () => {
    world = await startWorld({ redis: 'required' })
    agent = await world.acme.enrol()
    await agent.call('lookup_order', { order: 'K-0' })
  }, 120_000)
  afterAll(() => world.stop(), 60_000)

  it(`${KILLS} times, at random moments, never answers a decision that is not recorded exactly once`, async () => {
    const answered: string[] = []
    const load = { isRunning: true }
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      for (let call = 0; load.isRunning; call += 1) {
        const answer = await agent.call('lookup_order', { order: `K-${caller}-${call}` }).catch(() => null)
        const decisionId = answer?.headers.get('writ-decision-id')
        // An answer counts once it is whole: that is when a client acts on it.
        if (answer && decisionId && (answer.result || answer.error)) answered.push(decisionId)
        else await new Promise((resolve) => setTimeout(resolve, 20))
      }
    })
    const gateway = world.platform.gateways[0]!
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = answered.length
      await eventually('traffic', async () => answered.length > before + 5)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 150))
      await gateway.kill()
      await gateway.restart()
    }
    load.isRunning = false
    await Promise.all(callers)
    expect(answered.length).toBeGreaterThan(KILLS * 5)
    expect(new Set(answered).size).toBe(answered.length)

    const wanted = new Set(answered)
    const records = await eventually(
      'every answered decision in the database',
      async () => {
        const stored = await storedRecords(world, world.acme.id)
        const closed = new Set(
          stored.filter(({ kind }) => kind === 'closed').map(({ decisionId }) => decisionId as string),
        )
        return [...wanted].every((id) => closed.has(id)) ? stored : undefined
      },
      60_000,
    )
    const keys = records.map(({ decisionId, kind }) => `${decisionId} ${kind}`)
    expect(new Set(keys).size).toBe(keys.length)
    expect(records.map(({ leafIndex }) => leafIndex)).toEqual(records.map((_, index) => index))
  }, 300_000)

  it('leaves records that verify, once a signed head says where the last stream ends', async () => {
    const verified = await eventually('the head of the last stream', async () => {
      const response = await fetch(`${world.platform.controlPlaneUrl}/api/v1/records/verify`, {
        method: 'POST',
        headers: { authorization: `Bearer ${world.acme.admin.key}`, 'content-type': 'application/json' },
        body: '{}',
      })
      const said = Verified.parse(await response.json())
      const isHeadDue = said.faults.every(({ message }) => message.startsWith('no signed head'))
      return said.faults.length > 0 && isHeadDue ? undefined : said
    })
    expect(verified).toEqual({ holds: true, faults: [] })
  })
})

const Verified = z.object({ holds: z.boolean(), faults: z.array(z.object({ message: z.string() })) })
