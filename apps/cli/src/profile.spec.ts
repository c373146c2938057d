import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { generateKeyPem, publicJwkOf } from '@writ/identity'
import type { Profile } from './profile.ts'
import { draftProfile, profileFolder, readProfile } from './profile.ts'

let home = ''
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), 'writ-profile-')), 'home')
})
afterEach(() => rmSync(join(home, '..'), { recursive: true, force: true }))

const key = generateKeyPem()
const profileOf = (agentName: string): Profile => ({
  agentId: `agt_${'0'.repeat(26)}`,
  agentName,
  tenant: 'demo',
  issuer: 'http://127.0.0.1:7400/t/demo/oauth',
  tokenEndpoint: 'http://127.0.0.1:7400/t/demo/oauth/token',
  gateways: [],
  keyStore: 'file-0600',
  enrolledAt: '2026-11-20T10:00:00.000Z',
})
const draft = (replace = false) => draftProfile(home, 'claude', key.privatePem, replace)
const write = async (name: string, replace = false) => (await draft(replace)).publish(profileOf(name))
const modeOf = (...path: string[]) => statSync(join(home, ...path)).mode & 0o777
const stored = () => readdirSync(join(home, 'profiles'))

describe('a profile', () => {
  it('is read as it was written', async () => {
    expect(await write('a')).toBe(join(home, 'profiles', 'claude'))
    const { profile, identityKey } = await readProfile(home, 'claude')
    expect(profile).toEqual(profileOf('a'))
    expect(publicJwkOf(identityKey)).toEqual(key.publicJwk)
  })

  it('is for the eyes of its owner, whatever the umask', async () => {
    const umask = process.umask(0)
    try {
      await write('a')
    } finally {
      process.umask(umask)
    }
    expect(['', 'profiles', 'profiles/claude'].map((path) => modeOf(path))).toEqual([0o700, 0o700, 0o700])
    expect(modeOf('profiles/claude/identity.pem')).toBe(0o600)
    expect(modeOf('profiles/claude/profile.json')).toBe(0o600)
  })

  it('is not seen before it is whole, and leaves nothing behind when it is given up', async () => {
    const begun = await draft()
    await expect(readProfile(home, 'claude')).rejects.toThrow('there is no profile `claude`')
    await begun.discard()
    expect(stored()).toEqual([])
  })

  it('is not overwritten', async () => {
    await write('a')
    await expect(draft()).rejects.toMatchObject({ message: 'profile `claude` exists already', exitCode: 2 })
    expect((await readProfile(home, 'claude')).profile.agentName).toBe('a')
  })

  it('is replaced whole by force', async () => {
    await write('a')
    await write('b', true)
    expect((await readProfile(home, 'claude')).profile.agentName).toBe('b')
    expect(stored()).toEqual(['claude'])
  })

  it('that two enrol at the same time is one of the two, and the other is kept', async () => {
    const drafts = await Promise.all(['a', 'b', 'c'].map(async (name) => ({ name, draft: await draft() })))
    const ends = await Promise.allSettled(drafts.map(({ name, draft: one }) => one.publish(profileOf(name))))
    const lost = ends.filter((end) => end.status === 'rejected')
    expect(lost).toHaveLength(2)
    for (const { reason } of lost)
      expect(reason).toMatchObject({ message: expect.stringMatching(/meanwhile/) })
    const names = await Promise.all(
      stored().map(async (name) => (await readProfile(home, name)).profile.agentName),
    )
    expect(names.toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('that is half there is no profile, and is replaced whole by force', async () => {
    const folder = join(home, 'profiles', 'claude')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'identity.pem'), '-----BEGIN PRIV', { mode: 0o600 })
    writeFileSync(join(folder, 'stray'), '')
    await expect(readProfile(home, 'claude')).rejects.toMatchObject({
      remedy: expect.stringContaining('--force'),
    })
    await expect(draft()).rejects.toMatchObject({ remedy: expect.stringContaining('--force') })
    await write('a', true)
    expect(readdirSync(folder).toSorted()).toEqual(['identity.pem', 'profile.json'])
    expect((await readProfile(home, 'claude')).profile.agentName).toBe('a')
    expect(stored()).toEqual(['claude'])
  })

  it.each(['', '.', '..', '../x', 'a/b', 'a\\b', '/etc', '.hidden', 'a\0b', 'a\n', ' a', 'x'.repeat(65)])(
    'is not named %j',
    (name) => {
      expect(() => profileFolder(home, name)).toThrow('cannot name a profile')
    },
  )

  it('whose key others can read is refused, with what to do', async () => {
    await write('a')
    const path = join(home, 'profiles/claude/identity.pem')
    chmodSync(path, 0o640)
    await expect(readProfile(home, 'claude')).rejects.toMatchObject({
      message: `other users of this machine can read ${path}`,
      remedy: expect.stringContaining(`chmod 600 ${path}`),
    })
  })

  it.each([
    ['profile.json', '{"agentId":"x"}'],
    ['profile.json', '{'],
    ['identity.pem', 'not a key'],
  ])('with a damaged %s says so, and shows none of it', async (file, text) => {
    await write('a')
    writeFileSync(join(home, 'profiles/claude', file), text)
    const failure = await readProfile(home, 'claude').catch((error: unknown) => error)
    expect(failure).toMatchObject({ message: expect.stringMatching(/cannot be read$/), exitCode: 2 })
    expect(String(failure)).not.toContain(text)
  })

  it('that is missing names those that exist', async () => {
    await write('a')
    await draft(true)
    await expect(readProfile(home, 'cursor')).rejects.toMatchObject({
      remedy: expect.stringMatching(/Known profiles: claude\.$/),
    })
  })

  it('needs a folder that can be written, and says so before anything is sent', async () => {
    mkdirSync(home)
    writeFileSync(join(home, 'profiles'), 'a file')
    await expect(draft()).rejects.toMatchObject({
      message: expect.stringContaining(`cannot write in ${home} (`),
      remedy: expect.stringContaining('WRIT_HOME'),
    })
    expect(readFileSync(join(home, 'profiles'), 'utf8')).toBe('a file')
  })
})
