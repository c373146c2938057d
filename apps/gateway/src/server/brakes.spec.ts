import { describe, expect, it } from '@jest/globals'
import type { Bundle } from '@writ/contracts'
import { bundleOf } from '@writ/point/fixtures'
import { createBrakes } from './brakes.ts'

function given(limits: Partial<Parameters<typeof createBrakes>[0]> = {}) {
  const clock = { nowMs: 5_000 }
  const brakes = createBrakes({ failuresPerAddress: 60, failuresPerAgent: 30, ...limits }, () => clock.nowMs)
  const failing = (count: number, source: string, agent: string | null = null) =>
    Array.from({ length: count }, () => brakes.failed(source, agent))
  return { clock, brakes, failing }
}

const held = (waits: readonly unknown[]): number => waits.filter((wait) => wait !== null).length

describe('requests that prove nothing', () => {
  it('are held back beyond the limit of their address, and told when to try again', () => {
    const { failing } = given()
    const waits = failing(70, '192.0.2.1')
    expect(held(waits)).toBe(10)
    expect(waits[60]).toEqual({ seconds: 1, isFirst: true })
    expect(waits[61]).toEqual({ seconds: 1, isFirst: false })
  })

  it('hold back nobody at another address', () => {
    const { failing } = given()
    failing(1_000, '192.0.2.1')
    expect(held(failing(60, '192.0.2.2'))).toBe(0)
  })

  it('are held back beyond the limit of their agent, from wherever they come', () => {
    const { brakes, failing } = given()
    for (let at = 0; at < 30; at += 1) expect(brakes.failed(`192.0.2.${at}`, 'ten_a/agt_a')).toBeNull()
    expect(brakes.failed('192.0.2.200', 'ten_a/agt_a')).toEqual({ seconds: 2, isFirst: true })
    expect(held(failing(5, '192.0.2.201', 'ten_b/agt_a'))).toBe(0)
  })

  it('are let through again as time goes by', () => {
    const { clock, failing } = given()
    failing(100, '192.0.2.1')
    clock.nowMs += 10_000
    expect(held(failing(11, '192.0.2.1'))).toBe(1)
  })

  it('count as the first again when they have gone on for a minute', () => {
    const { clock, failing } = given()
    failing(100, '192.0.2.1')
    clock.nowMs += 60_001
    expect(failing(62, '192.0.2.1').at(-1)).toMatchObject({ isFirst: false })
    expect(failing(1, '192.0.2.1')).toMatchObject([{ isFirst: false }])
  })

  it('from very many addresses take a bounded room', () => {
    const { brakes, failing } = given({ failuresPerAddress: 1 })
    failing(2, 'first')
    for (let at = 0; at < 20_000; at += 1) brakes.failed(`address ${at}`, null)
    expect(failing(1, 'first')).toEqual([null])
  })
})

const tenantOf = (id: Bundle['tenant']['id'], requestsPerSecond: number) => ({
  ...bundleOf('acme', 1).tenant,
  id,
  requestsPerSecond,
})

describe('calls of a tenant', () => {
  const acme = tenantOf(`ten_${'1'.repeat(26)}`, 3)
  const beta = tenantOf(`ten_${'2'.repeat(26)}`, 3)

  it('fit as many into a second as it may make, and take no room from another', () => {
    const { brakes, clock } = given()
    for (let at = 0; at < 3; at += 1) {
      expect(brakes.hasRoom(acme)).toBeNull()
      brakes.called(acme)
    }
    expect(brakes.hasRoom(acme)).toEqual({ seconds: 1, isFirst: true })
    expect(brakes.hasRoom(beta)).toBeNull()
    clock.nowMs += 334
    expect(brakes.hasRoom(acme)).toBeNull()
  })

  it('are not counted by being looked at', () => {
    const { brakes } = given()
    for (let at = 0; at < 100; at += 1) expect(brakes.hasRoom(acme)).toBeNull()
  })

  it('that keeps no more records are recorded as refusals ten times a minute, for each tenant', () => {
    const { brakes, clock } = given()
    const recorded = (tenant: typeof acme, times: number) =>
      Array.from({ length: times }, () => brakes.unkept(tenant)).filter((wait) => wait?.isFirst !== false)
        .length
    // The first that waits counts as one more.
    expect([recorded(acme, 1000), recorded(acme, 1000), recorded(beta, 5)]).toEqual([11, 0, 5])
    clock.nowMs += 61_000
    expect(recorded(acme, 1000)).toBe(11)
  })

  it('obey a new limit at once', () => {
    const { brakes } = given()
    brakes.called(acme)
    expect(brakes.hasRoom({ ...acme, requestsPerSecond: 1 })).toBeNull()
    brakes.called({ ...acme, requestsPerSecond: 1 })
    expect(brakes.hasRoom({ ...acme, requestsPerSecond: 1 })).not.toBeNull()
  })
})
