import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { givenControlPlane, OPERATOR_KEY } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'

jest.setTimeout(30_000)

const ORIGIN = 'https://writ.example'

let plane: ControlPlane

beforeAll(async () => {
  plane = await givenControlPlane({ environment: { WRIT_PUBLIC_ORIGIN: ORIGIN } })
})
afterAll(() => plane?.close())

describe('the cookies of a control plane on https', () => {
  it('are bound to its host, sent by https only, and known by no other name', async () => {
    const { tenant } = await plane.newTenant()
    const { body } = await plane.ask('POST', `/api/v1/tenants/${tenant.slug}/owner-links`, {
      key: OPERATOR_KEY,
    })
    const token = new URL(body.url).searchParams.get('token') ?? ''
    const used = await fetch(`${plane.url}/t/${tenant.slug}/owner-link`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: ORIGIN, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ token }),
    })
    const [cookie = ''] = used.headers.getSetCookie()
    expect(cookie).toMatch(
      /^__Host-writ=ten_[0-9A-Z]{26}\.[A-Za-z0-9_-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure$/,
    )
    const value = /=([^;]+)/.exec(cookie)?.[1] ?? ''
    const as = (name: string) =>
      plane.ask('GET', '/api/v1/tenant', { headers: { cookie: `${name}=${value}` } })
    expect([(await as('__Host-writ')).status, (await as('writ')).status]).toEqual([200, 401])
  })
})
