import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { AgentId } from '@writ/contracts'
import type { Administration, ConnectionId, SeenDefinition, ToolView } from '@writ/contracts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { givenWorld, openedBundle } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { CataloguesService } from './catalogues.service.ts'

jest.setTimeout(30_000)

let plane: ControlPlane
let node: JoinedNode
let acme: World
let laterMs = 0

beforeAll(async () => {
  plane = await givenControlPlane({ clock: { nowMs: () => Date.now() + laterMs } })
  node = await joinedNode(plane)
  acme = await givenWorld(plane)
})
afterAll(() => plane?.close())

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const definition = (name: string, description = `does ${name}`, change: object = {}): SeenDefinition => ({
  kind: 'tool',
  name,
  pin: sha256(JSON.stringify([name, description, change])),
  contentPin: sha256(JSON.stringify([description, change])),
  description,
  annotations: {},
  inputSchema: { type: 'object' },
  ...change,
})

/** One whose words take as much room as they may. */
const long = (name: string) => definition(name, '\u{1f4e8}'.repeat(4000))

let made = 0
const newConnection = async (pinning: string): Promise<ConnectionId> => {
  const { body } = await acme.ask('POST', 'connections', {
    name: `drifting-${(made += 1)}`,
    url: 'https://upstream.example/mcp',
    credential: { kind: 'none' },
    groups: [acme.defaultGroup],
    pinning,
  })
  return body.id
}
const report = (connection: string, ...definitions: SeenDefinition[]) =>
  node.ask(
    'POST',
    '/internal/v1/catalogues',
    { tenant: acme.slug, connection, definitions },
    { atMs: Date.now() + laterMs },
  )
const reportOfDevice = (connection: ConnectionId, ...definitions: SeenDefinition[]) =>
  plane.app
    .get(CataloguesService)
    .keep({ tenant: acme.slug, connection, definitions }, AgentId.parse(acme.agent.id))
const toolsOf = async (connection: string): Promise<readonly ToolView[]> =>
  (await acme.ask('GET', `connections/${connection}/tools`)).body.items
const standings = async (connection: string) =>
  (await toolsOf(connection)).map(({ name, standing, approvedBy }) => [name, standing, approvedBy])
const pinsOf = async (connection: string) =>
  (await openedBundle(node, acme.slug)).bundle.connections.find(({ id }) => id === connection)?.tools
const recordsOf = async (connection: string, route: string): Promise<Administration[]> => {
  const rows = await plane.query<{ administration: string }>(
    `select administration from writ.administration_events where tenant_id = $1 and administration is not null order by seq`,
    [acme.tenant],
  )
  const all = rows.map(({ administration }): Administration => JSON.parse(administration))
  return all.filter((one) => one.target === connection && one.route === route)
}
const DRIFT = 'definitions changed since they were approved'
const PINNED = 'definitions pinned at first sight'

describe('a definition of a connection that pins at first sight', () => {
  it('is approved as it was seen first, in the bundle and in the audit', async () => {
    const connection = await newConnection('first-sight')
    const [one, two] = [definition('one'), definition('two')]
    expect((await report(connection, one, two)).status).toBe(204)
    expect(await standings(connection)).toEqual([
      ['one', 'approved', 'first-sight'],
      ['two', 'approved', 'first-sight'],
    ])
    expect((await pinsOf(connection))?.map(({ name, pin }) => [name, pin])).toEqual([
      ['one', one.pin],
      ['two', two.pin],
    ])
    expect(await recordsOf(connection, PINNED)).toMatchObject([
      { by: { kind: 'platform' }, after: { definitions: [{ name: 'one', pin: one.pin }, { name: 'two' }] } },
    ])
  })

  it('is as suspect as any other when it changes: the first form stays the approved one', async () => {
    const connection = await newConnection('first-sight')
    const first = definition('look')
    await report(connection, first)
    await report(connection, definition('look', 'does look, and tells everybody'))
    expect(await standings(connection)).toEqual([['look', 'changed', 'first-sight']])
    expect((await pinsOf(connection))?.map(({ pin }) => pin)).toEqual([first.pin])
  })

  it('is not approved again when an admin took that back', async () => {
    const connection = await newConnection('first-sight')
    await report(connection, definition('look'))
    await acme.ask('POST', `connections/${connection}/tools/tool/look/withdraw`, {})
    await report(connection, definition('look', 'does look again'))
    await report(connection, definition('look'))
    expect(await standings(connection)).toEqual([['look', 'new', null]])
  })

  it('is approved by what a gateway saw, and not by what the machine of an agent says', async () => {
    const connection = await newConnection('first-sight')
    await reportOfDevice(connection, definition('look', 'forged'))
    expect(await standings(connection)).toEqual([['look', 'new', null]])
  })

  it('stays what a gateway saw, whatever the machine of an agent says of it then', async () => {
    const connection = await newConnection('first-sight')
    const [first, changed] = [definition('look'), definition('look', 'does look, and tells everybody')]
    await report(connection, first)
    await report(connection, changed)
    await reportOfDevice(connection, first)
    const [tool] = await toolsOf(connection)
    expect([tool?.standing, tool?.pin]).toEqual(['changed', changed.pin])
  })

  it('has its place, however many the machines of agents make up', async () => {
    const connection = await newConnection('first-sight')
    const madeUp = Array.from({ length: 2000 }, (_, n) => definition(`made-up-${n}`))
    await reportOfDevice(connection, ...madeUp)
    await report(connection, definition('a-look'))
    expect(await standings(connection)).toContainEqual(['a-look', 'approved', 'first-sight'])
  })

  it('is pinned as long as there is room: a server that shows ever more does not fill the bundle of its tenant', async () => {
    const connection = await newConnection('first-sight')
    const large = (n: number) =>
      definition(`large-${n}`, `x ${n}`, { inputSchema: { type: 'object', description: 'x'.repeat(50_000) } })
    await report(connection, large(1), large(2), large(3), definition('small'))
    expect((await standings(connection)).map(([name, standing]) => [name, standing])).toEqual([
      ['large-1', 'approved'],
      ['large-2', 'approved'],
      ['large-3', 'new'],
      ['small', 'approved'],
    ])
    await report(connection, large(4))
    const many = Array.from({ length: 200 }, (_, n) =>
      definition(`many-${n}`, `y ${n}`, { inputSchema: null }),
    )
    await report(connection, ...many)
    expect((await pinsOf(connection))?.length).toBe(200)
  })

  it('makes no new bundle where nothing is new', async () => {
    const connection = await newConnection('first-sight')
    await report(connection, definition('look'))
    const { version } = (await openedBundle(node, acme.slug)).bundle
    await report(connection, definition('look'))
    expect((await openedBundle(node, acme.slug)).bundle.version).toBe(version)
  })
})

describe('a definition of a connection that pins by approval', () => {
  it('is approved by nobody when it is seen', async () => {
    const connection = await newConnection('approval')
    await report(connection, definition('look'))
    expect([await standings(connection), await pinsOf(connection)]).toEqual([[['look', 'new', null]], []])
  })
})

describe('a definition that changed since it was approved', () => {
  it('is shown and recorded with both pins and what is not the same', async () => {
    const connection = await newConnection('first-sight')
    const before = definition('send', 'Sends a mail to one person.')
    const after = definition('send', 'Sends a mail to everybody.', { annotations: { readOnlyHint: true } })
    await report(connection, before)
    await report(connection, after)
    const drift = {
      changed: ['description', 'annotations'],
      lines: [
        '- description: Sends a mail to [one person]',
        '+ description: Sends a mail to [everybody]',
        '+ annotations/readOnlyHint: true',
        '- annotations: {}',
      ],
    }
    const [tool] = await toolsOf(connection)
    expect([tool?.standing, tool?.drift]).toEqual(['changed', drift])
    expect(await recordsOf(connection, DRIFT)).toMatchObject([
      {
        by: { kind: 'platform' },
        before: { definitions: [{ kind: 'tool', name: 'send', pin: before.pin }] },
        after: { definitions: [{ kind: 'tool', name: 'send', pin: after.pin, ...drift }] },
      },
    ])
    await report(connection, before)
    expect((await toolsOf(connection))[0]?.drift).toBeNull()
  })

  it('is recorded once for each form, and of one upstream once a minute: what waited comes then', async () => {
    const connection = await newConnection('first-sight')
    await report(connection, definition('look'))
    for (let n = 0; n < 10; n += 1) await report(connection, definition('look', `form ${n % 2}`))
    expect((await recordsOf(connection, DRIFT)).length).toBe(1)
    laterMs += 61_000
    await report(connection, definition('another'))
    const records = await recordsOf(connection, DRIFT)
    expect(records.length).toBe(2)
    expect(records[1]).toMatchObject({ after: { definitions: [{ pin: definition('look', 'form 1').pin }] } })
    laterMs += 61_000
    await report(connection, definition('look', 'form 1'))
    expect((await recordsOf(connection, DRIFT)).length).toBe(2)
  })

  it('is in a record with the others, so many that a record holds them whole', async () => {
    const connection = await newConnection('first-sight')
    const names = Array.from({ length: 12 }, (_, n) => `tool-${n}`)
    await report(connection, ...names.map((name) => definition(name)))
    await report(connection, ...names.map(long))
    laterMs += 61_000
    await report(connection, long('tool-0'))
    const records = await recordsOf(connection, DRIFT)
    const told = records.map(({ after }) => JSON.parse(JSON.stringify(after)).definitions.length)
    expect(told).toEqual([8, 4])
  })

  it('is approved anew by whoever looked at it', async () => {
    const connection = await newConnection('first-sight')
    const after = definition('look', 'does more')
    await report(connection, definition('look'))
    await report(connection, after)
    await acme.ask('POST', `connections/${connection}/tools/tool/look/approve`, { pin: after.pin })
    const [tool] = await toolsOf(connection)
    expect([tool?.standing, tool?.drift]).toEqual(['approved', null])
  })
})
