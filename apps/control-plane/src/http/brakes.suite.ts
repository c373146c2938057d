import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { RedisLink } from '@writ/redis'
import { createBrakes } from './brakes.ts'
import type { Braked, Brakes, BrakeLimits } from './brakes.ts'

export const [A, B] = [`ten_${'A'.repeat(26)}`, `ten_${'B'.repeat(26)}`] as const
const FEW = { source: 3, principal: 2 }
export const LIMITS: BrakeLimits = { login: FEW, enrolment: FEW, token: FEW, device: FEW, 'api-key': FEW }

/** How many of so many attempts are let through. */
export async function through(brakes: Brakes, attempts: number, braked: Braked): Promise<number> {
  let passed = 0
  for (let at = 0; at < attempts; at += 1)
    passed += await brakes.take('login', braked).then(
      () => 1,
      () => 0,
    )
  return passed
}

/** What holds wherever brakes count. */
export function brakesSuite(where: string, open: () => Promise<RedisLink | null>): void {
  describe(`brakes ${where}`, () => {
    let redis: RedisLink | null = null
    let brakes: Brakes

    beforeAll(async () => {
      redis = await open()
      brakes = createBrakes(redis, LIMITS)
    })
    afterAll(() => redis?.close())

    it('let so many of a source through at one tenant, and as many at another', async () => {
      expect(await through(brakes, 10, { tenant: A, source: '192.0.2.1' })).toBe(3)
      expect(await through(brakes, 10, { tenant: B, source: '192.0.2.1' })).toBe(3)
      expect(await through(brakes, 10, { tenant: A, source: '192.0.2.2' })).toBe(3)
    })

    it('count a principal apart from every source', async () => {
      expect(await through(brakes, 10, { tenant: A, principal: 'agt_1' })).toBe(2)
      expect(await through(brakes, 10, { tenant: A, principal: 'agt_2' })).toBe(2)
    })

    it('count requests that name no tenant together, and say how long to wait', async () => {
      expect(await through(brakes, 10, { tenant: null, source: '192.0.2.9' })).toBe(3)
      await expect(brakes.take('login', { tenant: null, source: '192.0.2.9' })).rejects.toMatchObject({
        problem: { status: 429 },
        headers: { 'retry-after': expect.stringMatching(/^([1-9]|[1-5]\d|60)$/) },
      })
    })
  })
}
