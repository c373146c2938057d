import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { PublicJwk, RotationRequest } from '@writ/contracts'
import { thumbprintOf } from '@writ/identity'
import { isAssertedBy, isSignedBy } from '../given-assertion.suite.ts'
import type { GivenProfile } from '../given-profile.suite.ts'
import { AGENT, givenKeychain, givenKeys, givenProfile } from '../given-profile.suite.ts'
import type { GivenServer, Seen } from '../given-server.suite.ts'
import { givenServer, json } from '../given-server.suite.ts'
import type { Ran } from '../given-terminal.suite.ts'
import { objectIn, writ } from '../given-terminal.suite.ts'
import { writePrivate } from '../private-file.ts'
import { lockOf, Profile } from '../profile.ts'

const PASSPHRASE = 'four words of nonsense'

/** What becomes of a rotation: done, lost before or after it was done, or refused. */
type Fate = 'done' | 'lost before' | 'lost after' | 'refused' | 'fault'

let home = ''
let server: GivenServer
let enrolled: GivenProfile
let fate: Fate = 'done'
let bound: PublicJwk
/** What happens elsewhere while the authority is asked. */
let meanwhile: () => void = () => undefined

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'writ-rotate-'))
  fate = 'done'
  meanwhile = () => undefined
  server = await givenServer((seen, response) => {
    if (seen.method === 'GET') return json(response, 200, {})
    meanwhile()
    if (seen.path.endsWith('/rotate')) return answerRotation(seen, response)
    const known = isAssertedBy(seen, bound)
    if (!known) return json(response, 401, { error: 'invalid_client' })
    const token = { access_token: 'a-token', token_type: 'DPoP', expires_in: 300, scope: 'mcp', join_seq: 1 }
    return json(response, 200, seen.path.endsWith('/token') ? token : {})
  })
  enrolled = await givenProfile(home, server.origin)
  bound = enrolled.key.publicJwk
})
afterEach(async () => {
  await server.stop()
  rmSync(home, { recursive: true, force: true })
})

function answerRotation({ body, headers }: Seen, response: ServerResponse): void {
  const { jwk } = objectIn(Buffer.from(String(headers['dpop']).split('.')[0] ?? '', 'base64url').toString())
  const fresh = PublicJwk.parse(jwk)
  const isKnown = isSignedBy(RotationRequest.parse(JSON.parse(body)).statement, bound)
  if (fate === 'refused' || !isKnown)
    return json(response, 401, { error: 'invalid_client', error_description: 'unknown' })
  if (fate === 'fault') return json(response, 503, { error: 'temporarily_unavailable' })
  if (fate === 'lost before') return void response.destroy()
  bound = fresh
  if (fate === 'lost after') return void response.destroy()
  const answer = {
    agentId: AGENT,
    identityKey: thumbprintOf(fresh),
    previousUntil: '2026-11-22T10:00:00.000Z',
  }
  json(response, 200, answer)
}

const rotate = (env: Readonly<Record<string, string>> = {}, keychain = givenKeychain()): Promise<Ran> =>
  writ(['rotate', '--json'], { WRIT_HOME: home, WRIT_KEY_STORE: 'file-0600', ...env }, undefined, keychain)
const files = () => readdirSync(enrolled.folder).toSorted()
const profile = () => Profile.parse(JSON.parse(readFileSync(join(enrolled.folder, 'profile.json'), 'utf8')))
const filesOf = (name: string) => [`${name}.pem`, 'profile.json'].toSorted()

/** The key that the profile names is the one that the authority knows, and there is no other. */
async function expectSettled(): Promise<void> {
  const name = thumbprintOf(bound)
  expect(profile()).toMatchObject({ keyName: name })
  expect(profile().nextKey).toBeUndefined()
  expect(profile().retiredKey).toBeUndefined()
  expect(files()).toEqual(filesOf(name))
  const { exitCode } = await writ(['status'], { WRIT_HOME: home })
  expect(exitCode).toBe(0)
}

describe('writ rotate', () => {
  it('replaces the key, and deletes the old one', async () => {
    const { exitCode, stdout, stderr } = await rotate()
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(objectIn(stdout)).toMatchObject({
      identityKey: thumbprintOf(bound),
      keyStore: 'file-0600',
      previousUntil: '2026-11-22T10:00:00.000Z',
    })
    expect(thumbprintOf(bound)).not.toBe(thumbprintOf(enrolled.key.publicJwk))
    await expectSettled()
  })

  it('moves the key to a safer place where there is one now', async () => {
    const keychain = givenKeychain()
    const { exitCode } = await rotate({ WRIT_KEY_STORE: 'auto' }, keychain)
    expect(exitCode).toBe(0)
    expect(profile().keyStore).toBe('keychain')
    expect(files()).toEqual(['profile.json'])
    expect([...keychain.secrets.keys()]).toEqual([thumbprintOf(bound)])
  })

  it('leaves everything as it was when it is refused', async () => {
    const before = profile()
    fate = 'refused'
    const { exitCode, stdout } = await rotate()
    expect(exitCode).toBe(3)
    expect(objectIn(stdout)).toMatchObject({ error: 'the key was not replaced: unknown' })
    expect(profile()).toEqual(before)
    expect(files()).toEqual(filesOf(before.keyName))
  })

  it.each(['lost before', 'lost after', 'fault'] as const)(
    'keeps both keys when the answer is lost (%s), and the next run finds out which counts',
    async (lost) => {
      fate = lost
      const first = await rotate()
      expect(first.exitCode).toBe(3)
      expect(objectIn(first.stdout)).toMatchObject({
        error: expect.stringMatching(/^it is not known whether/),
        remedy: expect.stringContaining('writ rotate'),
      })
      expect(files()).toHaveLength(3)
      expect(profile().nextKey).toBeDefined()
      fate = 'done'
      const before = thumbprintOf(bound)
      const second = await rotate()
      expect(second.exitCode).toBe(0)
      expect(objectIn(second.stdout)['identityKey']).toBe(thumbprintOf(bound))
      expect(thumbprintOf(bound) === before).toBe(lost === 'lost after')
      await expectSettled()
    },
  )

  it('throws no key away, and writes nothing, once it took so long that another writ may have gone on', async () => {
    fate = 'lost before'
    await rotate()
    const before = [profile(), files()]
    fate = 'done'
    meanwhile = () => writeFileSync(lockOf(home, 'default'), '{}')
    const late = await rotate()
    expect([late.exitCode, objectIn(late.stdout)]).toMatchObject([
      3,
      { error: expect.stringContaining('took so long') },
    ])
    expect([profile(), files()]).toEqual(before)
    rmSync(lockOf(home, 'default'))
    meanwhile = () => undefined
    expect((await rotate()).exitCode).toBe(0)
    await expectSettled()
  })

  it('of which the answer was lost is noticed by any command, once the old key counts no more', async () => {
    fate = 'lost after'
    await rotate()
    const { exitCode } = await writ(['status'], { WRIT_HOME: home })
    expect(exitCode).toBe(0)
    await expectSettled()
  })

  it('that was killed before the new key was kept is forgotten', async () => {
    const { keyName } = profile()
    const killed = { ...profile(), nextKey: { store: 'file-0600', name: 'never-kept' } }
    await writePrivate(join(enrolled.folder, 'profile.json'), JSON.stringify(killed))
    expect((await rotate()).exitCode).toBe(0)
    expect(profile().keyName).not.toBe(keyName)
    await expectSettled()
  })

  it('opens and seals with one passphrase, and shows nothing of it', async () => {
    rmSync(enrolled.folder, { recursive: true })
    const sealed = givenKeys({ WRIT_KEY_STORE: 'file-sealed', WRIT_KEY_PASSPHRASE: PASSPHRASE })
    enrolled = await givenProfile(home, server.origin, sealed)
    bound = enrolled.key.publicJwk
    expect(files()).toEqual([`${thumbprintOf(bound)}.sealed.json`, 'profile.json'].toSorted())
    const shut = await rotate({ WRIT_KEY_STORE: 'auto' })
    expect(shut).toMatchObject({ exitCode: 2, stderr: '' })
    expect(objectIn(shut.stdout)['remedy']).toContain('WRIT_KEY_PASSPHRASE')
    const wrong = await rotate({ WRIT_KEY_PASSPHRASE: 'another passphrase' })
    expect(wrong.exitCode).toBe(2)
    const { exitCode, stdout, stderr } = await rotate({
      WRIT_KEY_STORE: 'file-sealed',
      WRIT_KEY_PASSPHRASE: PASSPHRASE,
    })
    expect(exitCode).toBe(0)
    expect(files()).toEqual([`${thumbprintOf(bound)}.sealed.json`, 'profile.json'].toSorted())
    const all = [shut, wrong].map((ran) => ran.stdout + ran.stderr).join('') + stdout + stderr
    const kept = files().map((file) => readFileSync(join(enrolled.folder, file), 'utf8'))
    for (const secret of [PASSPHRASE, 'another passphrase', 'PRIVATE KEY']) {
      expect(all).not.toContain(secret)
      expect(kept.join('')).not.toContain(secret)
    }
  }, 30_000)
})
