import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { SeenDefinition, ToolView } from '@writ/contracts'
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
let beta: World

beforeAll(async () => {
  plane = await givenControlPlane()
  node = await joinedNode(plane)
  acme = await givenWorld(plane)
  beta = await givenWorld(plane)
})
afterAll(() => plane?.close())

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** A definition whose pins are over its words, as a gateway's are. */
const definition = (name: string, changes: Partial<SeenDefinition> = {}) => {
  const { description = `does ${name}`, kind = 'tool' } = changes
  return {
    kind,
    name,
    description,
    pin: sha256(`${name} ${description}`),
    contentPin: sha256(description),
    annotations: {},
    inputSchema: { type: 'object' },
    ...changes,
  }
}

/** A connection of its own for each test. */
async function newConnection(changes: object = {}): Promise<string> {
  const name = `c-${sha256(String(Math.random())).slice(0, 10)}`
  const { body } = await acme.ask('POST', 'connections', {
    name,
    url: 'http://127.0.0.1:9/mcp',
    credential: { kind: 'none' },
    ...changes,
  })
  return body.id
}

const report = (connection: string, definitions: readonly object[], tenant = acme.slug) =>
  node.ask('POST', '/internal/v1/catalogues', { tenant, connection, definitions })
const shown = async (connection: string): Promise<Record<string, ToolView>> => {
  const { body } = await acme.ask('GET', `connections/${connection}/tools`)
  return Object.fromEntries(body.items.map((tool: ToolView) => [tool.name, tool]))
}
const approve = (connection: string, { kind, name, pin }: { kind: string; name: string; pin: string }) =>
  acme.ask('POST', `connections/${connection}/tools/${kind}/${encodeURIComponent(name)}/approve`, { pin })
const withdraw = (connection: string, name: string, asking = acme) =>
  asking.ask('POST', `connections/${connection}/tools/tool/${encodeURIComponent(name)}/withdraw`)
const bundled = async (connection: string) =>
  (await openedBundle(node, acme.slug)).bundle.connections.find(({ id }) => id === connection)?.tools

describe('a definition that a gateway saw', () => {
  it('is new until it is approved, and only then in the bundle', async () => {
    const connection = await newConnection()
    const look = definition('look')
    expect((await report(connection, [look])).status).toBe(204)
    expect((await shown(connection))['look']).toMatchObject({
      standing: 'new',
      approvedPin: null,
      pin: look.pin,
    })
    expect(await bundled(connection)).toEqual([])
    const { body } = await approve(connection, look)
    expect(body).toMatchObject({ standing: 'approved', approvedBy: acme.key.split('.')[0] })
    expect(await bundled(connection)).toEqual([
      {
        kind: 'tool',
        name: 'look',
        pin: look.pin,
        contentPin: look.contentPin,
        annotations: {},
        inputSchema: { type: 'object' },
      },
    ])
  })

  it('is changed when it comes back with another pin, and the bundle keeps what was approved', async () => {
    const connection = await newConnection()
    const before = definition('look')
    const after = definition('look', { description: 'does look, and sends it away', inputSchema: null })
    await report(connection, [before])
    await approve(connection, before)
    await report(connection, [after])
    expect((await shown(connection))['look']).toMatchObject({
      standing: 'changed',
      pin: after.pin,
      approvedPin: before.pin,
    })
    expect(await bundled(connection)).toMatchObject([{ pin: before.pin, inputSchema: { type: 'object' } }])
    await report(connection, [before])
    expect((await shown(connection))['look']?.standing).toBe('approved')
  })

  it('is recognised under another name', async () => {
    const connection = await newConnection()
    const approved = definition('look', { description: 'the same words' })
    await report(connection, [approved])
    await approve(connection, approved)
    const renamed = definition('look_2', { description: 'the same words' })
    await report(connection, [renamed, definition('other')])
    expect(await shown(connection)).toMatchObject({
      look_2: { standing: 'renamedFrom', renamedFrom: 'look' },
      other: { standing: 'new', renamedFrom: null },
    })
  })

  it('is not approved with a pin that it no longer has', async () => {
    const connection = await newConnection()
    const looked = definition('look')
    await report(connection, [looked])
    await report(connection, [definition('look', { description: 'swapped' })])
    expect((await approve(connection, looked)).status).toBe(409)
    expect((await shown(connection))['look']?.standing).toBe('new')
    expect((await approve(connection, definition('unseen'))).status).toBe(404)
  })

  it('has a class, and says where the class is from; its own word counts when it was approved', async () => {
    const connection = await newConnection({ toolClasses: { look: 'money' }, annotationsTrusted: true })
    await report(connection, [
      definition('look'),
      definition('zzz', { annotations: { readOnlyHint: true } }),
      definition('delete_everything'),
      definition('summary', { kind: 'prompt' }),
    ])
    expect((await shown(connection))['zzz']).toMatchObject({ class: 'destructive', classSource: 'default' })
    await acme.ask('POST', `connections/${connection}/tools/approve-all`)
    const tools = await shown(connection)
    expect(tools).toMatchObject({
      look: { class: 'money', classSource: 'admin' },
      zzz: { classSource: 'annotation' },
      delete_everything: { class: 'destructive', classSource: 'inferred' },
      summary: { class: null, classSource: null },
    })
    expect(tools['zzz']?.class).toMatch(/^read\./)
  })
})

describe('an approval that is taken back', () => {
  it('is no longer in the bundle, and the definition is new again', async () => {
    const connection = await newConnection()
    const look = definition('look')
    await report(connection, [look])
    await approve(connection, look)
    const { body, status } = await withdraw(connection, 'look')
    expect([status, body.standing, body.approvedPin, body.approvedBy]).toEqual([200, 'new', null, null])
    expect(await bundled(connection)).toEqual([])
    const { version } = (await openedBundle(node, acme.slug)).bundle
    expect((await withdraw(connection, 'look')).status).toBe(200)
    expect((await openedBundle(node, acme.slug)).bundle.version).toBe(version)
    expect((await approve(connection, look)).body.standing).toBe('approved')
  })

  it('takes back the approval of the content under other names', async () => {
    const connection = await newConnection()
    const approved = definition('look', { description: 'the same words' })
    await report(connection, [approved, definition('look_2', { description: 'the same words' })])
    await approve(connection, approved)
    expect((await shown(connection))['look_2']?.standing).toBe('renamedFrom')
    await withdraw(connection, 'look')
    expect((await shown(connection))['look_2']?.standing).toBe('new')
  })

  it('is of the tenant only', async () => {
    const connection = await newConnection()
    await report(connection, [definition('look')])
    await approve(connection, definition('look'))
    expect((await withdraw(connection, 'look', beta)).status).toBe(404)
    expect((await withdraw(connection, 'unseen')).status).toBe(404)
    expect((await shown(connection))['look']?.standing).toBe('approved')
  })
})

describe('approving everything', () => {
  it('approves what is seen now, or only what was looked at', async () => {
    const connection = await newConnection()
    const [one, two, three] = [
      definition('one'),
      definition('two'),
      definition('file:///a/b%20c', { kind: 'resource' }),
    ]
    await report(connection, [one, two, three])
    const all = `connections/${connection}/tools/approve-all`
    expect((await acme.ask('POST', all, { pins: [one.pin] })).body).toEqual({ approved: 1 })
    expect((await shown(connection))['two']?.standing).toBe('new')
    const { version } = (await openedBundle(node, acme.slug)).bundle
    expect((await acme.ask('POST', all)).body).toEqual({ approved: 2 })
    expect((await acme.ask('POST', all, {})).body).toEqual({ approved: 0 })
    expect((await openedBundle(node, acme.slug)).bundle.version).toBe(version + 1)
    expect((await bundled(connection))?.map(({ name }) => name)).toEqual(['file:///a/b%20c', 'one', 'two'])
  })
})

describe('a catalogue', () => {
  it('names what is long or has slashes by its path', async () => {
    const connection = await newConnection()
    const resource = definition(`file:///${'ä/'.repeat(200)}%2F?q=1`, { kind: 'resource' })
    await report(connection, [resource])
    expect((await approve(connection, resource)).body).toMatchObject({
      name: resource.name,
      standing: 'approved',
    })
  })

  it('is shown page by page, and by standing', async () => {
    const connection = await newConnection()
    await report(
      connection,
      ['a', 'b', 'c'].map((name) => definition(name)),
    )
    const path = `connections/${connection}/tools`
    const first = (await acme.ask('GET', `${path}?limit=2`)).body
    expect([first.items.length, first.next]).toEqual([2, '2'])
    const second = (await acme.ask('GET', `${path}?limit=2&after=${first.next}`)).body
    expect([second.items.map(({ name }: ToolView) => name), second.next]).toEqual([['c'], null])
    expect((await acme.ask('GET', `${path}?standing=changed`)).body.items).toEqual([])
  })

  it('does not grow for ever, and keeps up with what it knows', async () => {
    const connection = await newConnection()
    const page = (from: number) => Array.from({ length: 200 }, (_, at) => definition(`tool-${from + at}`))
    for (let from = 0; from < 2200; from += 200) await report(connection, page(from))
    await report(connection, [definition('tool-0', { description: 'changed since' })])
    const { body } = await acme.ask('GET', `connections/${connection}/tools?limit=200&after=1999`)
    expect(body.items.length).toBe(1)
    expect((await shown(connection))['tool-0']?.description).toBe('changed since')
  })

  it('is of a connection of the tenant that is named', async () => {
    const random = await report(`con_${'0'.repeat(26)}`, [definition('look')])
    for (const answer of [
      await report(beta.connection, [definition('look')]),
      await report(acme.connection, [definition('look')], beta.slug),
      await report(acme.connection, [definition('look')], 'nobody-here'),
    ])
      expect([answer.status, answer.text]).toEqual([404, random.text])
    await report(acme.connection, [definition('look')])
    const theirs = await beta.ask('POST', `connections/${acme.connection}/tools/tool/look/approve`, {
      pin: definition('look').pin,
    })
    expect(theirs.status).toBe(404)
  })

  it('takes nothing that is too large', async () => {
    const schema = { type: 'object', description: 'x'.repeat(66_000) }
    const bad = [
      definition('look', { inputSchema: schema }),
      definition('look', { annotations: { note: 'x'.repeat(5000) } }),
      definition('look', { description: 'x'.repeat(9000) }),
      definition('x'.repeat(513)),
      definition('look', { pin: 'short' }),
    ]
    for (const one of bad) expect((await report(acme.connection, [one])).status).toBe(400)
  })
})
