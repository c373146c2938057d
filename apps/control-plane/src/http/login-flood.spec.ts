import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { givenSingleSignOn } from '../testing/single-sign-on.ts'
import type { ConnectedTenant, SingleSignOn } from '../testing/single-sign-on.ts'
import { BRAKE_LIMITS } from './brakes.ts'

jest.setTimeout(60_000)

let world: SingleSignOn
let flooded: ConnectedTenant
let calm: ConnectedTenant

beforeAll(async () => {
  world = await givenSingleSignOn({ brakes: { ...BRAKE_LIMITS, login: { source: 10, principal: 10 } } })
  flooded = await world.connectedTenant()
  calm = await world.connectedTenant()
})
afterAll(() => world?.close())

describe('a flood of sign-ins at one tenant', () => {
  it('is slowed down there, while a human of another tenant signs in from the same address', async () => {
    const begin = async () =>
      (await fetch(`${world.plane.url}/t/${flooded.slug}/sign-in/${flooded.sso.id}`, { redirect: 'manual' }))
        .status
    const statuses = []
    for (let at = 0; at < 30; at += 1) statuses.push(await begin())
    expect(statuses.slice(0, 10)).not.toContain(429)
    expect(new Set(statuses.slice(10))).toEqual(new Set([429]))

    await calm.linkedHuman('ada')
    const browser = world.newBrowser()
    await calm.signIn(browser, 'ada')
    expect(await calm.isIn(browser)).toBe(true)
  })
})
