import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { generateKeyPem, thumbprintOf } from '@writ/identity'
import { openSession } from './agent-session.ts'
import { isAssertedBy } from './given-assertion.suite.ts'
import type { GivenProfile } from './given-profile.suite.ts'
import { givenKeys, givenProfile } from './given-profile.suite.ts'
import type { GivenServer, Seen } from './given-server.suite.ts'
import { givenServer, json } from './given-server.suite.ts'
import { writ } from './given-terminal.suite.ts'
import { amendProfile, readProfile } from './profile.ts'
import { promote } from './rotation.ts'
import { deviceSignIn } from './sign-in/device.ts'

const token = (life: number) => ({
  access_token: 'secret-access-token',
  token_type: 'DPoP',
  expires_in: life,
  scope: 'mcp',
  join_seq: 1,
})

let home = ''
let server: GivenServer
let enrolled: GivenProfile
let bound: GivenProfile['key']['publicJwk']
/** what the token endpoint answers to whom it knows */
let answer: (seen: Seen, response: ServerResponse) => void

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'writ-session-'))
  answer = (_, response) => json(response, 200, token(300))
  server = await givenServer((seen, response) => {
    if (!seen.path.includes('/oauth/')) return json(response, 200, { auth: seen.headers.authorization })
    if (!isAssertedBy(seen, bound)) return json(response, 401, { error: 'invalid_client' })
    if (seen.path.endsWith('/token')) return answer(seen, response)
    return json(response, 200, seen.path.endsWith('/device_authorization') ? deviceAt(server.origin) : {})
  })
  enrolled = await givenProfile(home, server.origin)
  bound = enrolled.key.publicJwk
})
afterEach(async () => {
  await server.stop()
  rmSync(home, { recursive: true, force: true })
})

const deviceAt = (origin: string) => ({
  device_code: 'secret-device-code',
  user_code: 'BCDF-GHJK',
  verification_uri: `${origin}/t/demo/oauth/device`,
  verification_uri_complete: `${origin}/t/demo/oauth/device?user_code=BCDF-GHJK`,
  expires_in: 600,
  interval: 1,
})

const read = () => readProfile(home, 'default', givenKeys())
const tokenRequests = () =>
  server.seen.filter(({ path }) => path.endsWith('/token')).map(({ body }) => new URLSearchParams(body))

/** What another `writ rotate` does meanwhile. */
async function rotateMeanwhile(): Promise<void> {
  const keys = givenKeys()
  const fresh = generateKeyPem()
  const stored = await read()
  const next = { store: 'file-0600', name: thumbprintOf(fresh.publicJwk) } as const
  await keys
    .ofKind('file-0600')
    .keep({ folder: stored.folder, name: next.name, boundTo: '' }, fresh.privatePem)
  await amendProfile(stored, (current, write, stillHeld) =>
    promote({ stored, current, write, stillHeld, keys }, next),
  )
  bound = fresh.publicJwk
}

describe('a session of an agent', () => {
  it('says its number to the authority, and keeps the next one', async () => {
    await openSession(await read(), givenKeys())
    expect((await read()).profile.joinSeq).toBe(1)
    const [, claims = ''] = (tokenRequests()[0]?.get('client_assertion') ?? '').split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ join_seq: 0 })
  })

  it('goes on under the new identity key when another process has rotated it', async () => {
    answer = (_, response) => json(response, 200, token(1))
    const session = await openSession(await read(), givenKeys())
    await rotateMeanwhile()
    await sleep(1_100)
    const response = await session.fetch(`${server.origin}/call`, { method: 'POST', body: '{}' })
    expect(await response.json()).toEqual({ auth: 'DPoP secret-access-token' })
  })

  it('of an agent that is not known by any key says so, and does not go on asking', async () => {
    const stored = await read()
    bound = generateKeyPem().publicJwk
    await expect(openSession(stored, givenKeys())).rejects.toMatchObject({ error: 'invalid_client' })
    expect(tokenRequests()).toHaveLength(1)
  })

  it('asks no more often than the authority wants while a human decides, and other sessions begin meanwhile', async () => {
    const said: string[] = []
    const replies = ['authorization_pending', 'authorization_pending']
    answer = ({ body }, response) => {
      const isPoll = new URLSearchParams(body).get('grant_type')?.endsWith('device_code')
      const error = isPoll ? replies.shift() : undefined
      json(response, error ? 400 : 200, error ? { error } : token(300))
    }
    const signIn = deviceSignIn((text) => said.push(text))
    const [, meanwhile] = await Promise.all([
      openSession(await read(), givenKeys(), { signIn }),
      sleep(500).then(async () => openSession(await read(), givenKeys())),
    ])
    expect(await meanwhile.accessToken()).toBe('secret-access-token')
    const kinds = tokenRequests().map((form) => form.get('grant_type')?.split(':').at(-1))
    expect(kinds).toEqual(['client_credentials', 'device_code', 'device_code', 'device_code'])
    expect(said).toEqual([expect.stringMatching(/open http\S+\/device\nand type the code BCDF-GHJK\n/)])
    expect(said.join()).not.toContain('secret-device-code')
  }, 15_000)
})

describe('writ login', () => {
  it.each([
    ['access_denied', 1, /not signed in/],
    ['expired_token', 1, /not signed in/],
    ['invalid_target', 3, /not signed in/],
  ])('ends on %s with exit code %d', async (error, exitCode, words) => {
    answer = (_, response) => json(response, 400, { error })
    const ran = await writ(['login', '--json'], { WRIT_HOME: home })
    expect(ran.exitCode).toBe(exitCode)
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: expect.stringMatching(words) })
    expect(ran.stdout + ran.stderr).not.toContain('secret-device-code')
  })

  it('that gets something else than a token of this platform says so', async () => {
    const ran = await writ(['login'], { WRIT_HOME: home })
    expect(ran).toMatchObject({ exitCode: 3, stdout: '' })
    expect(ran.stderr).toMatch(/cannot read/)
    expect(ran.stderr).not.toContain('secret-access-token')
  })
})
