import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createLeaseKey } from '@writ/credentials'
import { givenControlPlane, OPERATOR_KEY } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode, joinHeaders, joinRequest, macOf, newNodeKey } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'

let plane: ControlPlane
let node: JoinedNode
let key: string

beforeAll(async () => {
  plane = await givenControlPlane({
    limits: { headersMs: 300, requestMs: 600, lookEveryMs: 100, connections: 40 },
  })
  node = await joinedNode(plane)
  key = (await plane.newTenant()).ownerKey.key
})
afterAll(() => plane?.close())

/** No body that is read gets past its end: an answer other than 400 was given without parsing it. */
const UNREADABLE = '{"cut off'

describe('a body that cannot be read', () => {
  const strangerKey = `wak_${'0'.repeat(26)}.${'a'.repeat(43)}`
  it.each<[string, string, Record<string, string>, number]>([
    ['without a key', '/api/v1/agents', {}, 401],
    ['with an unknown key', '/api/v1/agents', { authorization: `Bearer ${strangerKey}` }, 401],
    ['without the operator key', '/api/v1/tenants', {}, 401],
    ['without a signature', '/internal/v1/batches', {}, 401],
    ['without a proof', '/internal/v1/join', { 'writ-join': macOf(UNREADABLE) }, 401],
    ['to no route', '/nothing', {}, 404],
    ['with the operator key', '/api/v1/tenants', { authorization: `Bearer ${OPERATOR_KEY}` }, 400],
  ])('%s is answered %#', async (_, path, headers, status) => {
    const answer = await plane.ask('POST', path, { body: UNREADABLE, headers })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json'])
  })

  it('is 400 for who has a right key, and 403 for who may not do this', async () => {
    expect((await plane.ask('POST', '/api/v1/agents', { key, body: UNREADABLE })).status).toBe(400)
    const auditor = await plane.ask('POST', '/api/v1/api-keys', { key, body: { name: 'a', role: 'auditor' } })
    const refused = await plane.ask('POST', '/api/v1/agents', { key: auditor.body.key, body: UNREADABLE })
    expect(refused.status).toBe(403)
  })

  it('is refused before it is parsed when a node signed another one', async () => {
    const signed = (changes: object) => node.ask('POST', '/internal/v1/batches', 1, changes)
    expect((await signed({})).status).toBe(400)
    expect((await signed({ body: '2' })).status).toBe(401)
    const header = { 'writ-node': `${node.id}.${Date.now()}.${'A'.repeat(86)}` }
    const answer = await plane.ask('POST', '/internal/v1/batches', { body: UNREADABLE, headers: header })
    expect(answer.status).toBe(401)
  })

  it('is refused before it is parsed when the join secret was over another one', async () => {
    const nodeKey = newNodeKey()
    const other = JSON.stringify(joinRequest(nodeKey, createLeaseKey()))
    const answer = await plane.ask('POST', '/internal/v1/join', {
      body: UNREADABLE,
      headers: joinHeaders(other, nodeKey),
    })
    expect(answer.status).toBe(401)
  })
})

describe('sixteen megabytes from nobody', () => {
  it('are refused before they have arrived', async () => {
    const answered = await onceSent(
      `POST /internal/v1/batches HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${16 * 1024 * 1024}\r\n\r\n[`,
    )
    expect(answered.text).toMatch(/^HTTP\/1.1 401 /)
    expect(answered.afterMs).toBeLessThan(500)
  })
})

describe('a client that is slow', () => {
  it.each([
    ['with its headers', 'POST /api/v1/agents HTTP/1.1\r\nhost: x\r\n'],
    [
      'with a body that anyone may send',
      'POST /t/acme/oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 9\r\n\r\na',
    ],
  ])('%s is let go', async (_, text) => {
    const { isClosed } = await untilClosed(text)
    expect(isClosed).toBe(true)
  })

  it('does not end a wait for changes, which is an answer', async () => {
    const { body: now } = await node.ask('GET', '/internal/v1/changes?after=0')
    const answer = await node.ask('GET', `/internal/v1/changes?after=${now.seq}&waitSeconds=2`)
    expect([answer.status, answer.body.changes]).toEqual([200, []])
  })

  it('is one of so many and no more', () => {
    expect(plane.app.getHttpServer().maxConnections).toBe(40)
  })
})

type Exchange = { readonly text: string; readonly afterMs: number; readonly isClosed: boolean }

const onceSent = (text: string): Promise<Exchange> => exchange(text, 'data')
const untilClosed = (text: string): Promise<Exchange> => exchange(text, 'close')

function exchange(text: string, until: 'data' | 'close'): Promise<Exchange> {
  const { hostname, port } = new URL(plane.url)
  const startedMs = performance.now()
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let received = ''
    const done = (isClosed: boolean) => {
      clearTimeout(patience)
      socket.destroy()
      resolve({ text: received, afterMs: performance.now() - startedMs, isClosed })
    }
    const patience = setTimeout(() => done(false), 4000)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      received += chunk.toString()
      if (until === 'data') done(false)
    })
    socket.on('close', () => done(true))
    socket.write(text)
  })
}
