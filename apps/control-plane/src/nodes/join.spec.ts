import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createLeaseKey } from '@writ/credentials'
import { PlatformQueries } from '@writ/postgres'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode, joinHeaders, joinRequest, macOf, newNodeKey } from '../testing/nodes.ts'

let plane: ControlPlane

beforeAll(async () => {
  plane = await givenControlPlane()
})
afterAll(() => plane?.close())

describe('a join', () => {
  it('with the join secret gives an id and the bundle keys, and proves that the answer is ours', async () => {
    const key = newNodeKey()
    const body = JSON.stringify(joinRequest(key, createLeaseKey(), 'a-nonce'))
    const answer = await plane.ask('POST', '/internal/v1/join', { body, headers: joinHeaders(body, key) })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('writ-join')).toBe(macOf(`a-nonce\n${answer.text}`))
    expect(answer.body.bundleKeys).toHaveLength(1)
  })

  it('of the same key is the same node', async () => {
    const [key, leaseKey] = [newNodeKey(), createLeaseKey()]
    const ids = []
    for (const _ of [1, 2]) {
      const body = JSON.stringify(joinRequest(key, leaseKey))
      ids.push(
        (await plane.ask('POST', '/internal/v1/join', { body, headers: joinHeaders(body, key) })).body.node,
      )
    }
    expect(ids[0]).toBe(ids[1])
  })

  it('of a key in another spelling is refused: one key is one node', async () => {
    const key = newNodeKey()
    const { publicKey, ...asked } = joinRequest(key, createLeaseKey())
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const other = `${publicKey.slice(0, -1)}${digits[digits.indexOf(publicKey.at(-1) ?? '') + 1]}`
    expect(Buffer.from(other, 'base64url')).toEqual(Buffer.from(publicKey, 'base64url'))
    for (const [spelling, status] of [
      [other, 400],
      [publicKey, 200],
    ] as const) {
      const body = JSON.stringify({ ...asked, publicKey: spelling })
      const answer = await plane.ask('POST', '/internal/v1/join', { body, headers: joinHeaders(body, key) })
      expect(answer.status).toBe(status)
    }
  })

  it('without the secret, with another one, over another body or long ago is refused', async () => {
    const key = newNodeKey()
    const body = JSON.stringify(joinRequest(key, createLeaseKey()))
    const old = JSON.stringify({ ...joinRequest(key, createLeaseKey()), atMs: Date.now() - 61_000 })
    const attempts = [
      [body, {}, 401],
      [
        body,
        { ...joinHeaders(body, key), 'writ-join': macOf(body, 'another secret of thirty-two chars') },
        401,
      ],
      [body, joinHeaders(old, key), 401],
      [old, joinHeaders(old, key), 400],
    ] as const
    for (const [sent, headers, status] of attempts) {
      expect((await plane.ask('POST', '/internal/v1/join', { body: sent, headers })).status).toBe(status)
    }
  })
})

describe('a join with the key of another gateway', () => {
  it('is refused without a proof by that key, and leaves its lease key alone', async () => {
    const victim = await joinedNode(plane)
    const body = JSON.stringify(joinRequest(victim.key, createLeaseKey()))
    const attempts = [
      { 'writ-join': macOf(body) },
      joinHeaders(body, newNodeKey()),
      joinHeaders(`${body} `, victim.key),
    ]
    for (const headers of attempts) {
      const sent = { ...headers, 'writ-join': macOf(body) }
      expect((await plane.ask('POST', '/internal/v1/join', { body, headers: sent })).status).toBe(401)
    }
    const stored = await plane.app.get(PlatformQueries).nodeById(victim.id)
    expect(stored?.leaseKey).toEqual(victim.leaseKey.publicJwk)
  })
})
