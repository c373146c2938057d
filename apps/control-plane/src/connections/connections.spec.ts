import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { givenControlPlane } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'

let plane: ControlPlane
let key: string

beforeAll(async () => {
  plane = await givenControlPlane()
  key = (await plane.newTenant()).ownerKey.key
})
afterAll(() => plane?.close())

const ask = (method: string, path: string, body: object): Promise<Answer> =>
  plane.ask(method, `/api/v1/connections${path}`, { key, body })

describe('a connection', () => {
  it.each([
    'http://user:password@crm.example/mcp',
    'http://user@crm.example/mcp',
    'http://:password@crm.example/mcp',
    'https://crm.example/mcp#part',
    'https://crm.example/mcp#',
  ])('to %s is made neither at first nor later', async (url) => {
    const made = await ask('POST', '', { name: 'bad', url, credential: { kind: 'none' } })
    expect([made.status, made.body.errors?.[0].path]).toEqual([400, 'url'])
    const name = `good-${Math.random().toString(36).slice(2)}`
    const { body } = await ask('POST', '', {
      name,
      url: 'https://crm.example/mcp?a=b@c',
      credential: { kind: 'none' },
    })
    expect((await ask('PATCH', `/${body.id}`, { url })).status).toBe(400)
  })

  it.each([
    'mcp-x',
    'mcp-session-id',
    'host',
    'connection',
    'te',
    'content-length',
    'proxy-authorization',
    'dpop',
  ])('carries no credential in %s', async (header) => {
    const credential = { kind: 'api-key', header, secret: 'a-secret-of-a-spec' }
    const answer = await ask('POST', '', { name: 'bad', url: 'https://crm.example/mcp', credential })
    expect([answer.status, answer.body.errors?.[0].path]).toEqual([400, 'credential.header'])
  })

  it.each(['x-api-key', 'authorization'])('carries one in %s', async (header) => {
    const credential = { kind: 'api-key', header, secret: 'a-secret-of-a-spec' }
    const answer = await ask('POST', '', { name: header, url: 'https://crm.example/mcp', credential })
    expect([answer.status, answer.body.credential]).toEqual([
      201,
      { kind: 'api-key', header, certificates: null, version: 1 },
    ])
  })

  it('has its credential sent to the origin only that it was given for', async () => {
    const credential = { kind: 'api-key', header: 'authorization', secret: 'a-secret-of-a-spec' }
    const url = 'https://crm.example/mcp'
    const { id } = (await ask('POST', '', { name: 'kept', url, credential })).body
    for (const elsewhere of [
      'https://thief.example/mcp',
      'https://crm.example:8443/mcp',
      'https://crm.example.thief.example/mcp',
    ]) {
      const answer = await ask('PATCH', `/${id}`, { url: elsewhere })
      expect([answer.status, answer.body.errors?.[0].path]).toEqual([422, 'credential'])
    }
    expect((await ask('PATCH', `/${id}`, { url: 'https://crm.example:443/v2/mcp' })).status).toBe(200)
    const moved = await ask('PATCH', `/${id}`, { url: 'https://crm2.example/mcp', credential })
    expect([moved.status, moved.body.credential.version]).toEqual([200, 2])
    expect((await ask('PATCH', `/${id}`, { url, credential: { kind: 'none' } })).status).toBe(200)
    expect((await ask('PATCH', `/${id}`, { url: 'https://crm3.example/mcp' })).status).toBe(200)
  })

  it.each(['class', 'method'])('is not named %s, as groups of actions are in Cedar', async (name) => {
    const answer = await ask('POST', '', {
      name,
      url: 'https://crm.example/mcp',
      credential: { kind: 'none' },
    })
    expect(answer.status).toBe(400)
    expect(answer.body.errors).toEqual([{ path: 'name', message: expect.stringContaining('Cedar') }])
  })

  it.each(['classes', 'method-1', 'receive'])('is named %s', async (name) => {
    const answer = await ask('POST', '', {
      name,
      url: 'https://crm.example/mcp',
      credential: { kind: 'none' },
    })
    expect([answer.status, answer.body.name]).toEqual([201, name])
  })
})
