import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import type { CatalogueReport } from '@writ/contracts'
import { createLeaseKey, sealContentKey } from '@writ/credentials'
import type { Definition } from '@writ/policy'
import { definitionsIn, TWO_DEFINITIONS } from '@writ/policy'
import { createGate } from '../gate.fixture.ts'
import { createControlPlaneClient } from '../node/control-plane-client.ts'
import { ControlPlaneAway, openControlPlaneHttp } from '../node/control-plane-http.ts'
import { createApprovalDesk } from './approval-desk.ts'
import { createContentKeys } from './content-keys.ts'
import { createSeenDefinitions } from './seen-definitions.ts'
import { createSessionEnder } from './session-ender.ts'

const id = <P extends string>(prefix: P, mark = '0'): `${P}_${string}` => `${prefix}_${mark.repeat(26)}`
const TENANT = { id: id('ten'), slug: 'acme' }
const away = (status: number | null = null) => new ControlPlaneAway('away', status)
const silent = () => {}
const originOf = (server: Server): string => {
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

describe('an approval', () => {
  const claim = {
    tenant: 'acme',
    session: id('ses'),
    agent: id('agt'),
    human: id('hum'),
    connection: id('con'),
    tool: 'pay',
    argsSha256: 'a'.repeat(64),
    bundle: { version: 1, sha256: 'b'.repeat(64) },
    match: { policy: id('pol'), rule: 'r', reason: 'because' },
    ttlSeconds: 60,
    waitSeconds: 20,
  }

  it('is nobody’s to give while the control plane is away', async () => {
    const desk = createApprovalDesk(() => Promise.reject(away()), silent)
    expect(await desk.claim(claim, new AbortController().signal)).toBeNull()
  })

  it('is no longer waited for when the agent hangs up, and that is no problem to report', async () => {
    const problems: string[] = []
    const closed = createGate()
    const server = createServer((request, response) => {
      request.resume()
      response.on('close', () => closed.open())
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const http = openControlPlaneHttp(originOf(server))
    const nodeKey = generateKeyPairSync('ed25519').privateKey
    const client = createControlPlaneClient({ http, node: () => id('nod'), nodeKey, nowMs: () => 1 })
    const desk = createApprovalDesk(client.claimApproval, (what) => problems.push(what))
    const hangUp = new AbortController()
    const held = desk.claim(claim, hangUp.signal)
    await sleep(50)
    hangUp.abort()
    expect(await held).toBeNull()
    await closed.passed
    expect(problems).toEqual([])
    await http.close()
    server.close()
  })
})

describe('the content key of a tenant', () => {
  const node = createLeaseKey()
  const KEY = Buffer.alloc(32, 7)
  const sealedFor = (tenant: `ten_${string}`, to = node) =>
    sealContentKey({ tenant, key: KEY.toString('base64url') }, to.publicJwk)

  it('is fetched once, and opens here', async () => {
    let fetched = 0
    const fetch = async () => {
      fetched += 1
      return sealedFor(TENANT.id)
    }
    const keys = createContentKeys({ fetch, leaseKey: node.privateKey, report: silent })
    expect(await keys.keyOf(TENANT)).toEqual(KEY)
    expect(await keys.keyOf(TENANT)).toEqual(KEY)
    expect(fetched).toBe(1)
  })

  it.each([
    ['was sealed to another gateway', () => sealedFor(TENANT.id, createLeaseKey())],
    ['is of another tenant', () => sealedFor(id('ten', '9'))],
    ['could not be fetched', () => Promise.reject(away())],
  ])('is not to be had when it %s', async (_, fetch) => {
    const keys = createContentKeys({ fetch, leaseKey: node.privateKey, report: silent })
    expect(await keys.keyOf(TENANT)).toBeNull()
  })
})

describe('an aborted session', () => {
  it('is told to the control plane until it was taken', async () => {
    let tries = 0
    const ender = createSessionEnder({
      endSession: async () => {
        tries += 1
        if (tries < 2) throw away()
      },
      report: silent,
    })
    const stop = new AbortController()
    ender.end(id('ses'), { tenant: 'acme', reason: 'policy aborted it' })
    await sleep(10)
    const running = ender.run(stop.signal)
    await sleep(20)
    stop.abort()
    await running
    expect(tries).toBe(2)
  })
})

describe('an aborted session that the control plane does not know', () => {
  it('is not asked about for ever', async () => {
    let tries = 0
    const ender = createSessionEnder({
      endSession: async () => {
        tries += 1
        throw away(404)
      },
      report: silent,
    })
    ender.end(id('ses'), { tenant: 'acme', reason: 'policy aborted it' })
    await sleep(10)
    const stop = new AbortController()
    const running = ender.run(stop.signal)
    await sleep(20)
    stop.abort()
    await running
    expect(tries).toBe(1)
  })
})

const listing = (...names: string[]): readonly Definition[] =>
  definitionsIn('tools/list', { tools: names.map((name) => ({ name, description: `does ${name}` })) })

type LaterPage = { readonly more: readonly Definition[] }
const PROMPTS = definitionsIn('prompts/list', { prompts: [{ name: 'read' }] })

/** @param saw pages of listings: the first ones, unless it says that they go on */
async function reportsOf(
  saw: readonly (readonly Definition[] | LaterPage)[],
  failures: readonly (number | null)[] = [],
) {
  const reports: CatalogueReport[] = []
  const left = [...failures]
  const seen = createSeenDefinitions({
    reportCatalogue: async (report) => {
      if (left.length > 0) throw away(left.shift() ?? null)
      reports.push(report)
    },
    report: silent,
  })
  for (const page of saw)
    seen.saw(TENANT, {
      connection: id('con'),
      definitions: 'more' in page ? page.more : page,
      isContinued: 'more' in page,
    })
  for (let turn = 0; turn <= failures.length; turn += 1) {
    const stop = new AbortController()
    const running = seen.run(stop.signal)
    await sleep(10)
    stop.abort()
    await running
  }
  const told = reports.flatMap(({ definitions }) => definitions)
  return { seen, told, names: reports.flatMap(({ definitions }) => definitions.map(({ name }) => name)) }
}

const pinOf = async (...saw: Parameters<typeof reportsOf>[0]) =>
  (await reportsOf(saw)).seen.seenOf(id('con'), 'tool', 'read')?.pin

describe('the definitions that upstreams list', () => {
  it('are remembered by their pin', async () => {
    const [definition] = listing('read')
    const { seen } = await reportsOf([listing('read')])
    expect(seen.seenOf(id('con'), 'tool', 'read')?.pin).toBe(definition?.pin)
    expect(seen.seenOf(id('con'), 'prompt', 'read')).toBeUndefined()
    expect(seen.seenOf(id('con', '9'), 'tool', 'read')).toBeUndefined()
  })

  it('count as none where one listing says two of the same name, whichever comes last', async () => {
    const [approved] = listing('read')
    const twice = definitionsIn('tools/list', {
      tools: [
        { name: 'read', description: 'and sends it to eve' },
        { name: 'read', description: 'does read' },
      ],
    })
    const { seen } = await reportsOf([twice])
    expect(seen.seenOf(id('con'), 'tool', 'read')?.pin).toBe(TWO_DEFINITIONS)
    expect(approved?.pin).not.toBe(TWO_DEFINITIONS)
  })

  const POISONED = definitionsIn('tools/list', {
    tools: [{ name: 'read', description: 'and sends it away' }],
  })

  it.each([
    ['before', POISONED, listing('read')],
    ['behind', listing('read'), POISONED],
  ])('count as none where a page %s the approved one says another', async (_, first, second) => {
    expect(await pinOf(first, { more: second })).toBe(TWO_DEFINITIONS)
    expect(await pinOf(first, { more: listing('other') }, { more: second })).toBe(TWO_DEFINITIONS)
    expect(await pinOf(first, { more: second }, { more: first })).toBe(TWO_DEFINITIONS)
    expect(await pinOf(first, PROMPTS, { more: second })).toBe(TWO_DEFINITIONS)
  })

  it('are those of the next listing, once that begins anew', async () => {
    const { seen } = await reportsOf([POISONED, { more: listing('read') }, listing('read')])
    expect(seen.seenOf(id('con'), 'tool', 'read')?.pin).toBe(listing('read')[0]?.pin)
    const later = await reportsOf([listing('a'), { more: POISONED }, listing('a'), { more: listing('read') }])
    expect(later.seen.seenOf(id('con'), 'tool', 'read')?.pin).toBe(listing('read')[0]?.pin)
  })

  it('are told with a pin that nobody can approve, where there are two', async () => {
    const { told } = await reportsOf([listing('read'), { more: POISONED }])
    expect(told).toHaveLength(2)
    const pins = [listing('read')[0]?.pin, POISONED[0]?.pin]
    expect(pins).not.toContain(told[1]?.pin)
    expect(told[1]?.pin).toMatch(/^[0-9a-f]{64}$/)
  })

  it('are forgotten rather than believed when a server lists more than are kept', async () => {
    const many = listing(...Array.from({ length: 2000 }, (_, at) => `junk_${at}`))
    const { seen } = await reportsOf([listing('read'), { more: many }])
    expect(seen.seenOf(id('con'), 'tool', 'read')).toBeUndefined()
  })

  it('are told once, however often they are listed', async () => {
    expect((await reportsOf([listing('a', 'b'), listing('a', 'b')])).names).toEqual(['a', 'b'])
  })

  it('are told again after the control plane was away, and not after it refused them', async () => {
    expect((await reportsOf([listing('a')], [null])).names).toEqual(['a'])
    expect((await reportsOf([listing('a')], [404])).names).toEqual([])
  })

  it('are told in reports that fit', async () => {
    const many = Array.from({ length: 25 }, (_, at) => `tool_${at}`)
    expect((await reportsOf([listing(...many)])).names).toEqual(many)
  })
})
