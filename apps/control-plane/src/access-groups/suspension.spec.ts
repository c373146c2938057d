import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { givenWorld, openedBundle } from '../testing/worlds.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let node: JoinedNode

beforeAll(async () => {
  plane = await givenControlPlane()
  node = await joinedNode(plane)
})
afterAll(() => plane?.close())

describe('an access group that is suspended', () => {
  it('is suspended in the next bundle, and not any more once it is resumed', async () => {
    const { slug, ask } = await givenWorld(plane)
    const { id } = (await ask('POST', 'access-groups', { name: 'night shift' })).body
    const inBundle = async () => {
      const { bundle } = await openedBundle(node, slug)
      return bundle.groups.find((group) => group.id === id)?.suspended
    }
    expect(await inBundle()).toBe(false)
    expect((await ask('POST', `access-groups/${id}/suspend`)).body).toMatchObject({ id, suspended: true })
    expect(await inBundle()).toBe(true)
    expect((await ask('POST', `access-groups/${id}/suspend`)).body.suspended).toBe(true)
    expect((await ask('POST', `access-groups/${id}/resume`)).body.suspended).toBe(false)
    expect(await inBundle()).toBe(false)
  })
})
