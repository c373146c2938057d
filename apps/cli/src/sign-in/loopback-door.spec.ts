import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { LoopbackDoor } from './loopback-door.ts'
import { openLoopbackDoor } from './loopback-door.ts'

const STATE = 's'.repeat(43)
const ISSUER = 'https://id.example/t/demo/oauth'
const RIGHT = { code: 'the-code', state: STATE, iss: ISSUER }

let door: LoopbackDoor | null = null
afterEach(() => door?.close())
async function open(patienceMs = 5_000): Promise<LoopbackDoor> {
  return (door = await openLoopbackDoor({ issuer: ISSUER, state: STATE, patienceMs }))
}

type Visit = {
  readonly method?: string
  readonly host?: string
  readonly path?: string
  readonly query?: string
}

/** As a browser, or something that is none, comes to the door. */
async function visit({ redirectUri }: LoopbackDoor, { method = 'GET', host, path, query }: Visit) {
  const { port, pathname, host: own } = new URL(redirectUri)
  const asked = new URLSearchParams(RIGHT).toString()
  return new Promise<{ status: number; headers: object; body: string }>((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path: `${path ?? pathname}?${query ?? asked}`,
        headers: { host: host ?? own },
      },
      (response) => {
        text(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          reject,
        )
      },
    )
    sent.once('error', reject)
    sent.end()
  })
}

const query = (changed: Readonly<Record<string, string>>): string =>
  new URLSearchParams({ ...RIGHT, ...changed }).toString()

describe('the loopback door', () => {
  it('is a port of 127.0.0.1, takes the answer with the state, and shows nothing of it', async () => {
    const at = await open()
    expect(at.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/signed-in$/)
    const { status, headers, body } = await visit(at, {})
    expect(status).toBe(200)
    expect(await at.code).toBe('the-code')
    expect(body).not.toContain('the-code')
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
  })

  it.each([
    ['without the state', { query: 'code=evil&iss=' + encodeURIComponent(ISSUER) }],
    ['with another state', { query: query({ state: 't'.repeat(43) }) }],
    ['with a state of letters that take two bytes', { query: query({ state: '\u00e9'.repeat(43) }) }],
    ['of another authority', { query: query({ iss: 'https://evil.example' }) }],
    ['of no authority', { query: new URLSearchParams({ code: 'evil', state: STATE }).toString() }],
    ['with two codes', { query: `${query({})}&code=evil` }],
    ['with two states', { query: `state=x&${query({})}` }],
    ['by POST', { method: 'POST' }],
    ['at another path', { path: '/' }],
    ['under a name that resolves to 127.0.0.1', { host: 'evil.example' }],
  ] as const)('turns away what comes %s, and goes on waiting', async (_, wrong) => {
    const at = await open()
    expect((await visit(at, wrong)).status).toBe(404)
    await visit(at, {})
    expect(await at.code).toBe('the-code')
  })

  it('takes one answer: what comes later changes nothing', async () => {
    const at = await open()
    await visit(at, {})
    await visit(at, { query: query({ code: 'another' }) })
    expect(await at.code).toBe('the-code')
  })

  it('is closed to everybody afterwards', async () => {
    const at = await open()
    at.close()
    await expect(visit(at, {})).rejects.toThrow('ECONNREFUSED')
  })

  it('hears a no, with exit code 1', async () => {
    const at = await open()
    await visit(at, {
      query: new URLSearchParams({ error: 'access_denied', state: STATE, iss: ISSUER }).toString(),
    })
    await expect(at.code).rejects.toMatchObject({
      message: expect.stringContaining('access_denied'),
      exitCode: 1,
    })
  })

  it('does not wait for ever', async () => {
    const at = await open(20)
    await expect(at.code).rejects.toMatchObject({ message: 'nobody signed in in time', exitCode: 1 })
  })
})
