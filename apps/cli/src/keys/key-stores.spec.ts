import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { generateKeyPem } from '@writ/identity'
import { givenKeychain, givenKeys } from '../given-profile.suite.ts'
import type { Keychain } from './keychain.ts'
import { isWorking, openKeychain } from './keychain.ts'
import type { KeyPlace } from './key-stores.ts'
import { keyStoresOf } from './key-stores.ts'
import { openSealedKey, sealKey } from './sealed-key.ts'

// A guess at a passphrase is dear, and so is each of these.
jest.setTimeout(30_000)

const PASSPHRASE = 'four words of nonsense'
const { privatePem } = generateKeyPem()

let folder = ''
let place: KeyPlace
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-keys-'))
  place = { folder, name: 'k', boundTo: 'agt_1' }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A person who types these, one after the other. */
const typing = (...entries: string[]) => ({
  askSecret: () => () => Promise.resolve(entries.shift() ?? ''),
  openKeychain: () => Promise.resolve(null),
})
const auto = { WRIT_KEY_STORE: 'auto', WRIT_KEY_PASSPHRASE: undefined } as const
const failing = (method: keyof Keychain): Keychain => ({
  ...givenKeychain(),
  [method]: () => Promise.reject(new Error('locked')),
})

const strict = (kind: 'keychain' | 'file-sealed') => givenKeys({ WRIT_KEY_STORE: kind }).forNewKey()

describe('a new key is kept', () => {
  it.each([
    ['in the keychain, where it works', {}, givenKeychain(), 'keychain'],
    [
      'in the keychain even where there is a passphrase',
      { WRIT_KEY_PASSPHRASE: PASSPHRASE },
      givenKeychain(),
      'keychain',
    ],
    [
      'in a sealed file, where there is only a passphrase',
      { WRIT_KEY_PASSPHRASE: PASSPHRASE },
      null,
      'file-sealed',
    ],
    ['in a plain file, where there is neither', {}, null, 'file-0600'],
    ['in a plain file, where the keychain does not write', {}, failing('write'), 'file-0600'],
    ['in a plain file, where the keychain does not read', {}, failing('read'), 'file-0600'],
    ['in a plain file, where the keychain does not forget', {}, failing('remove'), 'file-0600'],
    [
      'in a plain file, where it only says so',
      {},
      { ...givenKeychain(), remove: async () => {} },
      'file-0600',
    ],
    [
      'in a plain file, where the keychain mixes things up',
      {},
      { ...givenKeychain(), read: async () => 'x' },
      'file-0600',
    ],
    ['where it was asked for', { WRIT_KEY_STORE: 'file-0600' }, givenKeychain(), 'file-0600'],
  ] as const)('%s', async (_, config, keychain, kind) => {
    const store = await givenKeys({ WRIT_KEY_STORE: 'auto', ...config }, keychain).forNewKey()
    expect(store.kind).toBe(kind)
    expect(readdirSync(folder)).toEqual([])
  })

  it('nowhere else than where it was asked for', async () => {
    await expect(strict('keychain')).rejects.toThrow('no keychain works on this machine')
    await expect(strict('file-sealed')).rejects.toThrow('no passphrase to seal the key with')
  })

  it('sealed where a person types a passphrase twice, and plain where they want none', async () => {
    expect((await keyStoresOf(auto, typing(PASSPHRASE, PASSPHRASE)).forNewKey()).kind).toBe('file-sealed')
    expect((await keyStoresOf(auto, typing('')).forNewKey()).kind).toBe('file-0600')
    await expect(keyStoresOf(auto, typing('short')).forNewKey()).rejects.toThrow('too short')
    await expect(keyStoresOf(auto, typing(PASSPHRASE, 'something other')).forNewKey()).rejects.toThrow(
      'differ',
    )
  })
})

describe.each([
  ['keychain', {}],
  ['file-sealed', { WRIT_KEY_PASSPHRASE: PASSPHRASE }],
  ['file-0600', {}],
] as const)('the store %s', (kind, config) => {
  it('gives back what it kept, the newest, and forgets it', async () => {
    const store = givenKeys(config, givenKeychain()).ofKind(kind)
    await store.keep(place, 'older')
    await store.keep(place, privatePem)
    expect(await store.read(place)).toBe(privatePem)
    await store.discard(place)
    await store.discard(place)
    await expect(store.read(place)).rejects.toThrow()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is for the eyes of its owner, and one file at most', async () => {
    await givenKeys(config, givenKeychain()).ofKind(kind).keep(place, privatePem)
    const files = readdirSync(folder)
    expect(files).toHaveLength(kind === 'keychain' ? 0 : 1)
    for (const file of files) {
      expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
      expect(readFileSync(join(folder, file), 'utf8').includes('PRIVATE KEY')).toBe(kind === 'file-0600')
    }
  })
})

describe('a keychain', () => {
  it('whose native module does not load is none', async () => {
    expect(await openKeychain(() => Promise.reject(new Error('cannot find native binding')))).toBeNull()
  })

  it('of this system opens or is none, and works or does not, without a crash', async () => {
    const keychain = await openKeychain()
    const answer = keychain === null ? false : await isWorking(keychain)
    expect([true, false]).toContain(answer)
  })

  it('leaves no canary behind', async () => {
    const keychain = givenKeychain()
    expect(await isWorking(keychain)).toBe(true)
    expect(keychain.secrets.size).toBe(0)
  })

  it('that does not open is said, and nothing of what it said', async () => {
    const locked = givenKeys({}, failing('read')).ofKind('keychain')
    await expect(locked.read(place)).rejects.toMatchObject({
      message: 'the keychain that holds the identity key does not open',
      remedy: expect.stringContaining('Unlock it'),
    })
  })
})

describe('a sealed key', () => {
  let sealed = ''
  beforeEach(async () => {
    sealed = await sealKey(privatePem, PASSPHRASE, 'agt_1')
  })

  it('opens with its passphrase, however its letters are composed, and for its agent alone', async () => {
    expect(await openSealedKey(sealed, PASSPHRASE, 'agt_1')).toBe(privatePem)
    expect(await openSealedKey(sealed, `${PASSPHRASE}x`, 'agt_1')).toBeNull()
    expect(await openSealedKey(sealed, PASSPHRASE, 'agt_2')).toBeNull()
    const accented = await sealKey('pem', 'caf\u00e9 caf\u00e9 caf\u00e9', 'agt_1')
    expect(await openSealedKey(accented, 'cafe\u0301 cafe\u0301 cafe\u0301', 'agt_1')).toBe('pem')
  })

  it('is sealed anew each time, at a cost of at least 2^15', async () => {
    const again = await sealKey(privatePem, PASSPHRASE, 'agt_1')
    const [one, two] = [JSON.parse(sealed), JSON.parse(again)]
    expect(one.kdf.salt).not.toBe(two.kdf.salt)
    expect(one.cipher.iv).not.toBe(two.cipher.iv)
    expect(one.kdf.n).toBeGreaterThanOrEqual(2 ** 15)
    expect(sealed).not.toContain('PRIVATE')
    expect(sealed).not.toContain(PASSPHRASE)
  })

  it.each([
    ['a byte of what is sealed', (file: SealedFile) => ({ ...file, sealed: flipped(file.sealed) })],
    ['the salt', (file: SealedFile) => ({ ...file, kdf: { ...file.kdf, salt: flipped(file.kdf.salt) } })],
    [
      'the nonce',
      (file: SealedFile) => ({ ...file, cipher: { ...file.cipher, iv: flipped(file.cipher.iv) } }),
    ],
    [
      'the tag',
      (file: SealedFile) => ({ ...file, cipher: { ...file.cipher, tag: flipped(file.cipher.tag) } }),
    ],
    [
      'a shorter tag',
      (file: SealedFile) => ({ ...file, cipher: { ...file.cipher, tag: file.cipher.tag.slice(0, 6) } }),
    ],
    ['a lower cost', (file: SealedFile) => ({ ...file, kdf: { ...file.kdf, n: 2 ** 15 } })],
  ])('does not open with %s changed', async (_, change) => {
    expect(await openSealedKey(JSON.stringify(change(JSON.parse(sealed))), PASSPHRASE, 'agt_1')).toBeNull()
  })

  it.each([2, 2 ** 14, 2 ** 30, 2 ** 17 + 1])('of cost %d is no sealed key', async (n) => {
    const { kdf, ...rest } = JSON.parse(sealed)
    await expect(
      openSealedKey(JSON.stringify({ ...rest, kdf: { ...kdf, n } }), PASSPHRASE, 'agt_1'),
    ).rejects.toThrow()
  })

  it('is not opened without a passphrase, and the failure says what to do', async () => {
    writeFileSync(join(folder, 'k.sealed.json'), sealed, { mode: 0o600 })
    await expect(givenKeys().ofKind('file-sealed').read(place)).rejects.toMatchObject({
      message: 'the identity key is sealed with a passphrase',
      remedy: expect.stringContaining('WRIT_KEY_PASSPHRASE'),
    })
    const wrong = 'another passphrase'
    const failure = await givenKeys({ WRIT_KEY_PASSPHRASE: wrong })
      .ofKind('file-sealed')
      .read(place)
      .catch(String)
    expect(failure).toContain('the passphrase does not open')
    expect(failure).not.toContain(wrong)
  })
})

type SealedFile = {
  readonly kdf: { readonly salt: string }
  readonly cipher: { readonly iv: string; readonly tag: string }
  readonly sealed: string
}
const flipped = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1)
