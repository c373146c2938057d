import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { givenControlPlane, OPERATOR_KEY } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'

let plane: ControlPlane

beforeAll(async () => {
  plane = await givenControlPlane()
})
afterAll(() => plane?.close())

describe('a new tenant', () => {
  it('starts with an owner key, a default group, the templates and a first bundle', async () => {
    const { tenant, ownerKey } = await plane.newTenant('acme')
    expect(tenant).toMatchObject({ slug: 'acme', bundleVersion: 1 })
    const groups = await plane.ask('GET', '/api/v1/access-groups', { key: ownerKey.key })
    const policies = await plane.ask('GET', '/api/v1/policies', { key: ownerKey.key })
    expect(groups.body.items).toHaveLength(1)
    expect(groups.body.items[0]).toMatchObject({ id: tenant.defaultGroup, isDefault: true })
    expect(policies.body.items.map(({ template }: { template: string }) => template).sort()).toEqual([
      'personal-data',
      'prompt-injection',
    ])
    expect(policies.body.items.map(({ name }: { name: string }) => name).sort()).toEqual([
      'PII Protection',
      'Prompt Injection Protection',
    ])
    expect(groups.body.items[0].policies).toHaveLength(2)
  })

  it('is a conflict when its slug is taken', async () => {
    await plane.newTenant('taken')
    const again = await plane.ask('POST', '/api/v1/tenants', {
      key: OPERATOR_KEY,
      body: { slug: 'taken', name: 'Again' },
    })
    expect(again.status).toBe(409)
    expect(again.headers.get('content-type')).toContain('application/problem+json')
  })
})
