import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { generateKeyPem, publicJwkOf, thumbprintOf } from '@writ/identity'
import { AGENT, enrolmentAt, ENROLLED_AT, givenKeychain, givenKeys } from './given-profile.suite.ts'
import { draftProfile } from './profile-draft.ts'
import { amendProfile, lockOf, placeOf, readProfile } from './profile.ts'

let home = ''
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), 'writ-profile-')), 'home')
})
afterEach(() => rmSync(join(home, '..'), { recursive: true, force: true }))

const key = generateKeyPem()
const keys = givenKeys()
const answerOf = (agentName: string) => ({ ...enrolmentAt('http://127.0.0.1:7400'), agentName })
const draft = (replace = false, at = keys) => draftProfile({ home, name: 'claude', key, replace }, at)
const write = async (name: string, replace = false, at = keys) =>
  (await draft(replace, at)).publish(answerOf(name), ENROLLED_AT)
const read = (name = 'claude') => readProfile(home, name, keys)
const keyFile = `${thumbprintOf(key.publicJwk)}.pem`
const modeOf = (...path: string[]) => statSync(join(home, ...path)).mode & 0o777
const stored = () => readdirSync(join(home, 'profiles'))

describe('a profile', () => {
  it('is read as it was written', async () => {
    const published = await write('a')
    expect(published.folder).toBe(join(home, 'profiles', 'claude'))
    const { profile, identityKey } = await read()
    expect(profile).toEqual(published.profile)
    expect(profile).toEqual({
      ...answerOf('a'),
      keyStore: 'file-0600',
      keyName: thumbprintOf(key.publicJwk),
      enrolledAt: ENROLLED_AT,
    })
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
    expect(modeOf(`profiles/claude/${keyFile}`)).toBe(0o600)
    expect(modeOf('profiles/claude/profile.json')).toBe(0o600)
  })

  it('is not seen before it is whole, and leaves nothing behind when it is given up', async () => {
    const begun = await draft()
    await expect(read()).rejects.toThrow('there is no profile `claude`')
    await begun.discard()
    expect(stored()).toEqual([])
  })

  it('is not overwritten', async () => {
    await write('a')
    await expect(draft()).rejects.toMatchObject({ message: 'profile `claude` exists already', exitCode: 2 })
    expect((await read()).profile.agentName).toBe('a')
  })

  it('is replaced whole by force', async () => {
    await write('a')
    await write('b', true)
    expect((await read()).profile.agentName).toBe('b')
    expect(stored()).toEqual(['claude'])
  })

  it('that two enrol at the same time is one of the two, and the other is kept', async () => {
    const drafts = await Promise.all(['a', 'b', 'c'].map(async (name) => ({ name, draft: await draft() })))
    const ends = await Promise.allSettled(
      drafts.map(({ name, draft: one }) => one.publish(answerOf(name), ENROLLED_AT)),
    )
    const lost = ends.filter((end) => end.status === 'rejected')
    expect(lost).toHaveLength(2)
    for (const { reason } of lost)
      expect(reason).toMatchObject({ message: expect.stringMatching(/meanwhile/) })
    const names = await Promise.all(stored().map(async (name) => (await read(name)).profile.agentName))
    expect(names.toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('that is half there is no profile, and is replaced whole by force', async () => {
    const folder = join(home, 'profiles', 'claude')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, keyFile), '-----BEGIN PRIV', { mode: 0o600 })
    writeFileSync(join(folder, 'stray'), '')
    await expect(read()).rejects.toMatchObject({
      remedy: expect.stringContaining('--force'),
    })
    await expect(draft()).rejects.toMatchObject({ remedy: expect.stringContaining('--force') })
    await write('a', true)
    expect(readdirSync(folder).toSorted()).toEqual([keyFile, 'profile.json'].toSorted())
    expect((await read()).profile.agentName).toBe('a')
    expect(stored()).toEqual(['claude'])
  })

  it.each(['', '.', '..', '../x', 'a/b', 'a\\b', '/etc', '.hidden', 'a\0b', 'a\n', ' a', 'x'.repeat(65)])(
    'is not named %j',
    (name) => {
      expect(() => placeOf(home, name)).toThrow('cannot name a profile')
    },
  )

  it('whose key others can read is refused, with what to do', async () => {
    await write('a')
    const path = join(home, 'profiles/claude', keyFile)
    chmodSync(path, 0o640)
    await expect(read()).rejects.toMatchObject({
      message: `other users of this machine can read ${path}`,
      remedy: expect.stringContaining(`chmod 600 ${path}`),
    })
  })

  it.each([
    ['profile.json', '{"agentId":"x"}'],
    ['profile.json', '{'],
    [keyFile, 'not a key'],
  ])('with a damaged %s says so, and shows none of it', async (file, text) => {
    await write('a')
    writeFileSync(join(home, 'profiles/claude', file), text)
    const failure = await read().catch((error: unknown) => error)
    expect(failure).toMatchObject({ message: expect.stringMatching(/cannot be read$/), exitCode: 2 })
    expect(String(failure)).not.toContain(text)
  })

  it('that is missing names those that exist', async () => {
    await write('a')
    await draft(true)
    await expect(read('cursor')).rejects.toMatchObject({
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

  it('of an older writ is read as it is: its key is in identity.pem, and its sessions are counted from 0', async () => {
    const folder = join(home, 'profiles', 'old')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { joinSeq: _counted, ...answer } = answerOf('a')
    writeFileSync(join(folder, 'identity.pem'), key.privatePem, { mode: 0o600 })
    const text = JSON.stringify({ ...answer, keyStore: 'file-0600', enrolledAt: ENROLLED_AT })
    writeFileSync(join(folder, 'profile.json'), text, { mode: 0o600 })
    const { profile, identityKey } = await read('old')
    expect(profile).toMatchObject({ joinSeq: 0, keyName: 'identity' })
    expect(publicJwkOf(identityKey)).toEqual(key.publicJwk)
  })

  it('whose key is a link, or whose folder others can look into, is refused', async () => {
    const { folder } = await write('a')
    chmodSync(folder, 0o750)
    await expect(read()).rejects.toMatchObject({ remedy: expect.stringContaining(`chmod 700 ${folder}`) })
    chmodSync(folder, 0o700)
    const elsewhere = join(home, 'elsewhere.pem')
    renameSync(join(folder, keyFile), elsewhere)
    symlinkSync(elsewhere, join(folder, keyFile))
    await expect(read()).rejects.toMatchObject({ message: expect.stringMatching(/is a symbolic link$/) })
    renameSync(folder, join(home, 'moved'))
    symlinkSync(join(home, 'moved'), folder)
    await expect(read()).rejects.toMatchObject({ message: `${folder} is a symbolic link` })
  })

  it('whose key is another than it names is damaged', async () => {
    const { folder } = await write('a')
    writeFileSync(join(folder, keyFile), generateKeyPem().privatePem)
    await expect(read()).rejects.toMatchObject({ message: expect.stringMatching(/cannot be read$/) })
  })

  it('keeps its key out of the folder where there is a keychain, and takes it along when it goes', async () => {
    const keychain = givenKeychain()
    const inKeychain = givenKeys({ WRIT_KEY_STORE: 'auto' }, keychain)
    const { folder, profile } = await write('a', false, inKeychain)
    expect(profile.keyStore).toBe('keychain')
    expect(readdirSync(folder)).toEqual(['profile.json'])
    expect([...keychain.secrets]).toEqual([[thumbprintOf(key.publicJwk), key.privatePem]])
    const { identityKey } = await readProfile(home, 'claude', inKeychain)
    expect(publicJwkOf(identityKey)).toEqual(key.publicJwk)
    await draftProfile({ home, name: 'claude', key: generateKeyPem(), replace: true }, inKeychain).then(
      (next) => next.publish(answerOf('b'), ENROLLED_AT),
    )
    expect([...keychain.secrets.keys()]).not.toContain(thumbprintOf(key.publicJwk))
    expect(keychain.secrets.size).toBe(1)
  })

  it('leaves no key in the keychain when it is given up', async () => {
    const keychain = givenKeychain()
    await (await draft(false, givenKeys({ WRIT_KEY_STORE: 'keychain' }, keychain))).discard()
    expect(keychain.secrets.size).toBe(0)
  })

  it('is changed by one at a time, and nothing of the others is lost', async () => {
    await write('a')
    const seen = await read()
    const addOne = () =>
      amendProfile(seen, async (current, put) => {
        await new Promise((resolve) => setTimeout(resolve, 2))
        await put({ ...current, joinSeq: current.joinSeq + 1 })
      })
    await Promise.all(Array.from({ length: 12 }, addOne))
    expect((await read()).profile.joinSeq).toBe(12)
    expect(stored()).toEqual(['claude'])
  })

  it('is not changed any more by who took so long that another may change it', async () => {
    await write('a')
    const late = amendProfile(await read(), async (current, put) => {
      const longAgo = Date.now() / 1_000 - 600
      utimesSync(lockOf(home, 'claude'), longAgo, longAgo)
      await put({ ...current, joinSeq: 9 })
    })
    await expect(late).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('took so long'),
    })
    expect((await read()).profile.joinSeq).toBe(0)
  })

  it('that another enrolment has replaced is not changed by who still has the old one', async () => {
    await write('a')
    const old = await read()
    await (await draft(true)).publish(answerOf('b'), '2026-11-21T10:00:00.000Z')
    await expect(amendProfile(old, async (current, put) => put({ ...current, joinSeq: 9 }))).rejects.toThrow(
      'was replaced by another enrolment',
    )
    expect((await read()).profile).toMatchObject({ agentName: 'b', joinSeq: 0, agentId: AGENT })
  })
})
