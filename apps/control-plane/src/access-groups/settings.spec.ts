import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { givenWorld, openedBundle } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'

jest.setTimeout(30_000)

let plane: ControlPlane
let node: JoinedNode
let acme: World

beforeAll(async () => {
  plane = await givenControlPlane()
  node = await joinedNode(plane)
  acme = await givenWorld(plane)
})
afterAll(() => plane?.close())

const bundle = async () => (await openedBundle(node, acme.slug)).bundle
const MILD = { default: 'allow', oversize: 'deny', approvers: 'admins' }
const STRICT = { default: 'deny', oversize: 'sample', approvers: 'nobody' }

describe('the settings of an access group', () => {
  it('are the mild ones unless it is said otherwise, and stand in the bundle', async () => {
    const mild = await acme.ask('POST', 'access-groups', { name: 'mild' })
    const strict = await acme.ask('POST', 'access-groups', { name: 'strict', ...STRICT })
    expect(mild.body).toMatchObject(MILD)
    expect(strict.body).toMatchObject(STRICT)
    const { groups } = await bundle()
    expect(groups).toContainEqual({ id: mild.body.id, name: 'mild', ...MILD, suspended: false })
    expect(groups).toContainEqual({ id: strict.body.id, name: 'strict', ...STRICT, suspended: false })
  })

  it('change one by one, of the default group too, and each change is a bundle', async () => {
    const { version } = await bundle()
    const path = `access-groups/${acme.defaultGroup}`
    expect((await acme.ask('PATCH', path, { default: 'deny' })).body).toMatchObject({
      ...MILD,
      default: 'deny',
    })
    const { body } = await acme.ask('PATCH', path, { oversize: 'flag' })
    expect(body).toMatchObject({ ...MILD, default: 'deny', oversize: 'flag' })
    const after = await bundle()
    expect(after.version).toBe(version + 2)
    expect(after.groups.find(({ id }) => id === acme.defaultGroup)).toMatchObject({
      default: 'deny',
      oversize: 'flag',
    })
  })

  it('are the three that there are', async () => {
    for (const change of [
      { default: 'ask' },
      { oversize: 'ignore' },
      { approvers: 'everyone' },
      { name: 'other' },
    ])
      expect((await acme.ask('PATCH', `access-groups/${acme.defaultGroup}`, change)).status).toBe(400)
  })
})

const known = async (id: string) => (await bundle()).connections.find((connection) => connection.id === id)

describe('the trust in a connection', () => {
  it('is none unless an admin says so, and stands in the bundle', async () => {
    const url = 'http://127.0.0.1:9/mcp'
    const { body } = await acme.ask('POST', 'connections', {
      name: 'trusted',
      url,
      credential: { kind: 'none' },
    })
    expect(body).toMatchObject({ trust: 'external', annotationsTrusted: false })
    const path = `connections/${body.id}`
    expect((await acme.ask('PATCH', path, { trust: 'internal' })).body).toMatchObject({
      trust: 'internal',
      annotationsTrusted: false,
    })
    await acme.ask('PATCH', path, { annotationsTrusted: true })
    expect(await known(body.id)).toMatchObject({ trust: 'internal', annotationsTrusted: true, tools: [] })
    await acme.ask('PATCH', path, { url: 'http://127.0.0.1:10/mcp' })
    expect(await known(body.id)).toMatchObject({ trust: 'internal', annotationsTrusted: true })
  })
})
