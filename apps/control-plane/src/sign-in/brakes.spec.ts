import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { ORIGIN, OPERATOR_KEY } from '../testing/given.ts'
import { givenSingleSignOn } from '../testing/single-sign-on.ts'
import type { ConnectedTenant, SingleSignOn } from '../testing/single-sign-on.ts'

jest.setTimeout(60_000)

const FREE = { source: 1e6, principal: 1e6 }
const FEW = 4

let world: SingleSignOn
let tenant: ConnectedTenant
let other: ConnectedTenant

beforeAll(async () => {
  const few = { source: FEW, principal: FEW }
  world = await givenSingleSignOn({
    brakes: { login: few, token: few, enrolment: FREE, device: FREE, 'api-key': FREE },
  })
  tenant = await world.connectedTenant()
  other = await world.connectedTenant()
})
afterAll(() => world?.close())

/** The statuses of one request more than are free. */
async function statusesOf(ask: () => Promise<Response>): Promise<number[]> {
  const statuses: number[] = []
  for (let times = 0; times <= FEW; times += 1) statuses.push((await ask()).status)
  return statuses
}
const at = (path: string, init: RequestInit = {}) =>
  fetch(`${world.plane.url}/t/${path}`, { redirect: 'manual', ...init })
const slowedDown = (status: number) => [...Array.from({ length: FEW }, () => status), 429]

const begin = ({ slug, sso }: ConnectedTenant) => at(`${slug}/sign-in/${sso.id}`)

const guess = (to: string, token: string) =>
  at(`${to}/owner-link`, {
    method: 'POST',
    headers: { origin: ORIGIN },
    body: new URLSearchParams({ token }),
  })

const forge = () =>
  at(`${tenant.slug}/sign-in/${tenant.sso.id}/logout`, {
    method: 'POST',
    body: new URLSearchParams({ logout_token: 'nonsense' }),
  })

describe('somebody who tries again and again', () => {
  it('is slowed down at the begin of sign-ins, at that tenant only', async () => {
    expect(await statusesOf(() => begin(tenant))).toEqual(slowedDown(303))
    expect((await begin(tenant)).headers.get('retry-after')).toMatch(/^\d+$/)
    expect((await begin(other)).status).toBe(303)
  })

  it('is slowed down when they guess owner links', async () => {
    const slug = (await world.plane.newTenant()).tenant.slug
    expect(await statusesOf(() => guess(slug, 'nonsense'))).toEqual(slowedDown(403))
    const elsewhere = (await world.plane.newTenant()).tenant.slug
    const { body } = await world.plane.ask('POST', `/api/v1/tenants/${elsewhere}/owner-links`, {
      key: OPERATOR_KEY,
    })
    expect((await guess(elsewhere, new URL(body.url).searchParams.get('token') ?? '')).status).toBe(303)
  })

  it('is slowed down alike when they guess owner links of a tenant that there is not', async () => {
    expect(await statusesOf(() => guess('nobody-has-this-name', 'nonsense'))).toEqual(slowedDown(403))
  })

  it('is slowed down when they forge logouts', async () => {
    expect(await statusesOf(forge)).toEqual(slowedDown(400))
  })
})
