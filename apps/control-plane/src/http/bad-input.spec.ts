import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { request } from 'node:http'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'

let plane: ControlPlane
let key: string

beforeAll(async () => {
  plane = await givenControlPlane()
  key = (await plane.newTenant()).ownerKey.key
})
afterAll(() => plane?.close())

const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

const CASES: [what: string, body: string | Uint8Array, status: number][] = [
  ['cut off', '{"name":', 400],
  ['with a member twice', '{"name":"a","name":"b"}', 400],
  ['with a member twice, once escaped', '{"name":"a","n\\u0061me":"b"}', 400],
  ['with __proto__', '{"__proto__":{"name":"a"}}', 400],
  ['with a byte order mark', '\uFEFF{"name":"a"}', 400],
  ['not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400],
  ['too deep', `{"name":${deep(64)}}`, 400],
  ['larger than 1 MiB', JSON.stringify({ name: 'a'.repeat(1024 * 1024) }), 413],
  ['with a NUL in a string', '{"name":"a\\u0000b"}', 400],
  ['with a NUL in a member', '{"name":"a","\\u0000":1}', 400],
  ['with half a surrogate pair', '{"name":"\\ud800"}', 400],
  ['with the halves of a pair the wrong way round', '{"name":"\\udc00\\ud800"}', 400],
  ['with an unknown member', '{"name":"a","extra":1}', 400],
  ['of the wrong type', '[]', 400],
  ['empty', '', 400],
]

describe('a body', () => {
  it.each(CASES)('that is %s is answered with a problem and changes nothing', async (_, body, status) => {
    const answer = await plane.ask('POST', '/api/v1/access-groups', { key, body })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.body).toMatchObject({ type: 'about:blank', status })
    expect(answer.text).not.toMatch(/ at |node_modules|\.ts/)
    const { body: groups } = await plane.ask('GET', '/api/v1/access-groups', { key })
    expect(groups.items).toHaveLength(1)
  })

  it('says where it is wrong', async () => {
    const answer = await plane.ask('POST', '/api/v1/humans', { key, body: { name: '', email: 'nobody' } })
    expect(answer.body.errors.map(({ path }: { path: string }) => path).sort()).toEqual(['email', 'name'])
  })

  it('of another media type is 415, a form too', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const answer = await plane.ask('POST', '/api/v1/humans', {
        key,
        body: 'name=a',
        headers: { 'content-type': type },
      })
      expect([type, answer.status]).toEqual([type, 415])
    }
  })
})

it('a whole surrogate pair and an escaped backslash before a u are text like any other', async () => {
  const body = '{"name":"\\ud83d\\ude00 \\\\u0000"}'
  const answer = await plane.ask('POST', '/api/v1/access-groups', { key, body })
  expect([answer.status, answer.body.name]).toEqual([201, '\u{1f600} \\u0000'])
  await plane.ask('DELETE', `/api/v1/access-groups/${answer.body.id}`, { key })
})

describe('a path', () => {
  it.each([
    '/nothing',
    '/api/v1/agents/../tenants',
    '/api/v1/agents/agt_x',
    '/api/v1/agents/%00',
    '/t/a%2f..%2fb/oauth/jwks',
    '/t/UPPER/oauth/jwks',
  ])('%s is not found', async (path) => {
    const answer = await plane.ask('GET', path, { key })
    expect(answer.status).toBe(404)
    expect(answer.body).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'there is nothing here',
    })
  })

  it('that is malformed is a problem too', async () => {
    const answer = await rawGet(`${plane.url}/api/v1/%zz`)
    expect(answer).toMatchObject({ status: 400, type: 'application/problem+json' })
  })
})

describe('two Authorization fields', () => {
  it('are none', async () => {
    const status = await new Promise((resolve) => {
      const headers = ['host', 'writ', 'authorization', `Bearer ${key}`, 'authorization', `Bearer ${key}`]
      request(`${plane.url}/api/v1/tenant`, { headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      }).end()
    })
    expect(status).toBe(401)
  })
})

function rawGet(url: string): Promise<{ status: number | undefined; type: string | undefined }> {
  const { hostname, port } = new URL(plane.url)
  return new Promise((resolve) => {
    request({ hostname, port, path: url.slice(plane.url.length) }, (response) => {
      response.resume()
      resolve({ status: response.statusCode, type: response.headers['content-type'] })
    }).end()
  })
}
