import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openContentKey } from '@writ/credentials'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'

let plane: ControlPlane
let one: JoinedNode
let other: JoinedNode

beforeAll(async () => {
  plane = await givenControlPlane()
  one = await joinedNode(plane)
  other = await joinedNode(plane)
})
afterAll(() => plane?.close())

const asked = (node: JoinedNode, tenant: string) => node.ask('POST', '/internal/v1/content-keys', { tenant })
const keyAt = async (node: JoinedNode, tenant: string) =>
  openContentKey((await asked(node, tenant)).body.sealed, node.leaseKey.privateKey)

describe('the content key of a tenant', () => {
  it('is the same at every node and at every time, and another one for another tenant', async () => {
    const [{ tenant: acme }, { tenant: beta }] = [await plane.newTenant(), await plane.newTenant()]
    const key = await keyAt(one, acme.slug)
    expect(key).toEqual({ tenant: acme.id, key: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) })
    expect(await keyAt(other, acme.slug)).toEqual(key)
    expect(await keyAt(one, acme.slug)).toEqual(key)
    expect((await keyAt(one, beta.slug))?.key).not.toBe(key?.key)
  })

  it('is sealed to the node that asked, and in no log', async () => {
    const { tenant } = await plane.newTenant()
    const { body } = await asked(one, tenant.slug)
    expect(await openContentKey(body.sealed, other.leaseKey.privateKey)).toBeNull()
    const opened = await openContentKey(body.sealed, one.leaseKey.privateKey)
    expect(plane.logged()).not.toContain(opened?.key)
  })

  it('is given to nodes only, and for a tenant that there is', async () => {
    const { tenant, ownerKey } = await plane.newTenant()
    const asOwner = await plane.ask('POST', '/internal/v1/content-keys', {
      key: ownerKey.key,
      body: { tenant: tenant.slug },
    })
    expect(asOwner.status).toBe(401)
    expect((await asked(one, 'nobody-here')).status).toBe(404)
  })
})
