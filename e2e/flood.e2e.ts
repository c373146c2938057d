import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { forgeRequest } from '@writ/identity/suites'
import type { AttackKit, Wire } from '@writ/identity/suites'
import { attackKit } from './drivers/attack.ts'
import { eventually, storedRecords } from './drivers/ledger.ts'
import { exchange, requestText } from './drivers/raw.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const FLOOD = 400

const send = async (wire: Wire) => {
  const [answer] = await exchange(wire.url, requestText(wire))
  if (!answer) throw new Error('no answer came')
  return answer
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

describe('a flood of requests that prove nothing', () => {
  let world: World
  let kit: AttackKit
  let agent: EnrolledAgent
  let neighbour: EnrolledAgent

  beforeAll(async () => {
    world = await startWorld({
      redis: 'required',
      tuning: { gateway: { WRIT_LIMIT_FAILURES_PER_ADDRESS: '200', WRIT_LIMIT_FAILURES_PER_AGENT: '60' } },
    })
    const attacked = await attackKit(world)
    kit = attacked.kit
    agent = attacked.agent
    neighbour = await world.beta.enrol()
    await eventually(
      'the neighbour',
      async () => (await neighbour.call('lookup_order', { order: 'F-0' })).status === 200,
    )
  }, 120_000)
  afterAll(() => world.stop(), 60_000)

  const forged = (): Wire => {
    const moment = { ...kit, nowMs: Date.now() }
    return forgeRequest(moment, moment.newJti(), { signature: () => randomBytes(64) })
  }
  it('is told to wait, while who proves themselves is answered: in the same tenant, in another, and from the same address', async () => {
    const answers: Awaited<ReturnType<typeof send>>[] = []
    for (let sent = 0; sent < FLOOD; sent += 20) {
      answers.push(...(await Promise.all(Array.from({ length: 20 }, () => send(forged())))))
      expect((await agent.call('lookup_order', { order: 'F-1' })).status).toBe(200)
      expect((await neighbour.call('lookup_order', { order: 'F-2' })).status).toBe(200)
    }
    const limited = answers.filter(({ status }) => status === 429)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]))
    expect(limited.length).toBeGreaterThan(FLOOD / 2)
    for (const { fields, text } of limited) {
      expect(Number(fields.get('retry-after'))).toBeGreaterThanOrEqual(1)
      expect(text).toContain('-31010')
    }
  }, 60_000)

  it('fills no records: of what a limit refuses the first is kept', async () => {
    const proven = await agent.call('lookup_order', { order: 'F-3' })
    const records = await eventually('the last record', async () => {
      const stored = await storedRecords(world, world.acme.id)
      const id = proven.headers.get('writ-decision-id')
      return stored.filter(({ decisionId }) => decisionId === id).length === 2 ? stored : undefined
    })
    const refusals = records.map(({ refusal }) => refusal)
    expect(refusals.filter((refusal) => refusal === 'rate_limited').length).toBeLessThanOrEqual(2)
    expect(refusals.filter((refusal) => refusal === 'proof_invalid').length).toBeLessThan(FLOOD / 2)
  }, 60_000)
})

describe('somebody without a token', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld({ redis: 'required' })
    const agent = await world.acme.enrol()
    await agent.call('lookup_order', { order: 'E-0' })
  }, 120_000)
  afterAll(() => world.stop(), 60_000)

  const probe = async (tenant: string, connection = 'tools') => {
    const url = `${world.platform.gatewayUrls[0]}/${tenant}/${connection}/mcp`
    const headers = [
      ['Authorization', 'DPoP eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.AAAA'],
      ['DPoP', 'eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.AAAA'],
    ] as const
    const begun = performance.now()
    const [answer] = await exchange(url, requestText({ verb: 'POST', url, headers, body: Buffer.from('{}') }))
    const tookMs = performance.now() - begun
    if (!answer) throw new Error('no answer came')
    const fields = [...answer.fields].filter(([name]) => name !== 'writ-decision-id' && name !== 'date')
    const words = JSON.stringify([answer.status, fields, answer.text]).replaceAll(/dec_\w+/g, '')
    return { tookMs, words: words.replaceAll(tenant, 'TENANT').replaceAll(connection, 'CONNECTION') }
  }
  it('is told the same, in the same time, of tenants and connections that exist and that do not', async () => {
    const known: number[] = []
    const unknown: number[] = []
    const words = new Set<string>()
    for (let round = 0; round < 25; round += 1) {
      const answers = [
        [known, await probe('acme')],
        [known, await probe('acme', `nothing-${round}`)],
        // Each of them is looked up for the first time, in Redis and at the control plane.
        [unknown, await probe(`nobody-${round}`)],
        [unknown, await probe(`nobody-${round}`)],
      ] as const
      for (const [times, { tookMs, words: said }] of answers) {
        times.push(tookMs)
        words.add(said)
      }
    }
    expect(words.size).toBe(1)
    expect(Math.abs(median(known) - median(unknown))).toBeLessThan(5)
  }, 60_000)
})
