import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import type { CatalogueReport } from '@writ/contracts'
import { createLeaseKey, sealContentKey } from '@writ/credentials'
import type { Definition } from '@writ/policy'
import { definitionsIn } from '@writ/policy'
import { ControlPlaneAway } from '../node/control-plane-http.ts'
import { createApprovalDesk } from './approval-desk.ts'
import { createContentKeys } from './content-keys.ts'
import { createSeenDefinitions } from './seen-definitions.ts'
import { createSessionEnder } from './session-ender.ts'

const id = <P extends string>(prefix: P, mark = '0'): `${P}_${string}` => `${prefix}_${mark.repeat(26)}`
const TENANT = { id: id('ten'), slug: 'acme' }
const away = (status: number | null = null) => new ControlPlaneAway('away', status)
const silent = () => {}

describe('an approval', () => {
  it('is nobody’s to give while the control plane is away', async () => {
    const desk = createApprovalDesk(() => Promise.reject(away()), silent)
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
      waitSeconds: 0,
    }
    expect(await desk.claim(claim)).toBeNull()
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

async function reportsOf(saw: readonly (readonly Definition[])[], failures: readonly (number | null)[] = []) {
  const reports: CatalogueReport[] = []
  const left = [...failures]
  const seen = createSeenDefinitions({
    reportCatalogue: async (report) => {
      if (left.length > 0) throw away(left.shift() ?? null)
      reports.push(report)
    },
    report: silent,
  })
  for (const definitions of saw) seen.saw(TENANT, id('con'), definitions)
  for (let turn = 0; turn <= failures.length; turn += 1) {
    const stop = new AbortController()
    const running = seen.run(stop.signal)
    await sleep(10)
    stop.abort()
    await running
  }
  return { seen, names: reports.flatMap(({ definitions }) => definitions.map(({ name }) => name)) }
}

describe('the definitions that upstreams list', () => {
  it('are remembered by their pin', async () => {
    const [definition] = listing('read')
    const { seen } = await reportsOf([listing('read')])
    expect(seen.pinOf(id('con'), 'tool', 'read')).toBe(definition?.pin)
    expect(seen.pinOf(id('con'), 'prompt', 'read')).toBeUndefined()
    expect(seen.pinOf(id('con', '9'), 'tool', 'read')).toBeUndefined()
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
    expect(seen.pinOf(id('con'), 'tool', 'read')).toBeDefined()
    expect(seen.pinOf(id('con'), 'tool', 'read')).not.toBe(approved?.pin)
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
