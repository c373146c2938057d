import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { createLeaseKey, sealContentKey } from '@writ/credentials'
import { createGate } from '../gate.fixture.ts'
import { createControlPlaneClient } from '../node/control-plane-client.ts'
import { ControlPlaneAway, openControlPlaneHttp } from '../node/control-plane-http.ts'
import { createApprovalDesk } from './approval-desk.ts'
import { createContentKeys } from './content-keys.ts'
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
    const client = createControlPlaneClient({
      http,
      node: () => id('nod'),
      nodeKey,
      prefix: '/internal/v1',
      nowMs: () => 1,
    })
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
    ['was sealed to another point', () => sealedFor(TENANT.id, createLeaseKey())],
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
