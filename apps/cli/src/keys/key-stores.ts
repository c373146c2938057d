import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CliConfig } from '../config.ts'
import { Failure } from '../failure.ts'
import { readPrivate, writePrivate } from '../private-file.ts'
import type { Terminal } from '../terminal.ts'
import type { Keychain } from './keychain.ts'
import { isWorking } from './keychain.ts'
import type { KeyStoreKind } from './kinds.ts'
import { KEY_STORES } from './kinds.ts'
import type { Passphrase } from './passphrase.ts'
import { passphraseOf } from './passphrase.ts'
import { openSealedKey, sealKey } from './sealed-key.ts'

/** Which key is meant. */
export type KeyPlace = {
  readonly folder: string
  readonly name: string
  /** id of the agent; a sealed key opens for it alone */
  readonly boundTo: string
}

export type KeyStore = {
  readonly kind: KeyStoreKind
  readonly keep: (place: KeyPlace, pem: string) => Promise<void>
  /** @throws Failure; whatever else is thrown says that the key is damaged or gone */
  readonly read: (place: KeyPlace) => Promise<string>
  readonly discard: (place: KeyPlace) => Promise<void>
}

export type KeyStores = {
  readonly ofKind: (kind: KeyStoreKind) => KeyStore
  /** The safest that there is on this machine, or the one that was asked for. @throws Failure where that one is not to be had */
  readonly forNewKey: () => Promise<KeyStore>
}

export function keyStoresOf(
  config: Pick<CliConfig, 'WRIT_KEY_STORE' | 'WRIT_KEY_PASSPHRASE'>,
  terminal: Pick<Terminal, 'askSecret' | 'openKeychain'>,
): KeyStores {
  const passphrase = passphraseOf(config, terminal)
  const stores: Readonly<Record<KeyStoreKind, KeyStore>> = {
    keychain: inKeychain(terminal.openKeychain),
    'file-sealed': inSealedFile(passphrase),
    'file-0600': IN_PLAIN_FILE,
  }
  const wanted = config.WRIT_KEY_STORE
  const canUse = {
    keychain: async () => isUsable(await terminal.openKeychain()),
    'file-sealed': async () => (await passphrase.toSeal()) !== null,
    'file-0600': () => Promise.resolve(true),
  }
  const forNewKey = async (): Promise<KeyStore> => {
    for (const kind of wanted === 'auto' ? KEY_STORES : [wanted])
      if (await canUse[kind]()) return stores[kind]
    throw notToBeHad(wanted)
  }
  return { ofKind: (kind) => stores[kind], forNewKey }
}

const isUsable = async (keychain: Keychain | null): Promise<boolean> =>
  keychain !== null && (await isWorking(keychain))

const notToBeHad = (wanted: string): Failure =>
  wanted === 'keychain'
    ? new Failure('no keychain works on this machine', 'Leave WRIT_KEY_STORE out, or set it to file-sealed.')
    : new Failure('there is no passphrase to seal the key with', 'Give one in WRIT_KEY_PASSPHRASE.')

const plainFile = ({ folder, name }: KeyPlace): string => join(folder, `${name}.pem`)
const sealedFile = ({ folder, name }: KeyPlace): string => join(folder, `${name}.sealed.json`)

const IN_PLAIN_FILE: KeyStore = {
  kind: 'file-0600',
  keep: (place, pem) => writePrivate(plainFile(place), pem),
  read: (place) => readPrivate(plainFile(place)),
  discard: (place) => rm(plainFile(place), { force: true }),
}

const inSealedFile = (passphrase: Passphrase): KeyStore => ({
  kind: 'file-sealed',
  keep: async (place, pem) => {
    const secret = (await passphrase.toSeal()) ?? (await passphrase.toOpen())
    await writePrivate(sealedFile(place), `${await sealKey(pem, secret, place.boundTo)}\n`)
  },
  read: async (place) => {
    const text = await readPrivate(sealedFile(place))
    const pem = await openSealedKey(text, await passphrase.toOpen(), place.boundTo)
    if (pem === null) throw notOpened(sealedFile(place))
    return pem
  },
  discard: (place) => rm(sealedFile(place), { force: true }),
})

const notOpened = (path: string): Failure =>
  new Failure(
    `the passphrase does not open ${path}`,
    'Check WRIT_KEY_PASSPHRASE. Without the passphrase the agent must be enrolled again.',
  )

function inKeychain(open: () => Promise<Keychain | null>): KeyStore {
  const use = async <T>(work: (keychain: Keychain) => Promise<T>): Promise<T> => {
    const keychain = await open()
    if (keychain === null) throw notThere()
    return work(keychain).catch(() => {
      throw notThere()
    })
  }
  return {
    kind: 'keychain',
    keep: ({ name }, pem) => use((keychain) => keychain.write(name, pem)),
    read: async ({ name }) => {
      const pem = await use((keychain) => keychain.read(name))
      if (pem === null) throw new Error('the keychain has no such key')
      return pem
    },
    discard: ({ name }) => use((keychain) => keychain.remove(name)),
  }
}

const notThere = (): Failure =>
  new Failure(
    'the keychain that holds the identity key does not open',
    'Unlock it, and run writ as the user who enrolled, in their own session.',
  )
