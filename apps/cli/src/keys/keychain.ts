import { randomBytes } from 'node:crypto'

/** The store of the operating system for secrets of one user: Keychain, Credential Manager, Secret Service. */
export type Keychain = {
  /** null where there is no such secret */
  readonly read: (account: string) => Promise<string | null>
  readonly write: (account: string, secret: string) => Promise<void>
  readonly remove: (account: string) => Promise<void>
}

/** The part of the native module that is used. */
type Native = Pick<typeof import('@napi-rs/keyring'), 'AsyncEntry'>

const SERVICE = 'writ'
const PROBE_MS = 5_000
/** Somebody may have to unlock it first. */
const UNLOCK_MS = 60_000

/** The keychain, where there is one: the native module may have no build for this system, and a server often runs no such service. */
export async function openKeychain(load: () => Promise<Native> = loadNative): Promise<Keychain | null> {
  try {
    return keychainOf(await load())
  } catch {
    return null
  }
}

const loadNative = (): Promise<Native> => import('@napi-rs/keyring')

function keychainOf({ AsyncEntry }: Native): Keychain {
  // Linux would fall back to the keys of the kernel, which are gone after a restart.
  const entry = (account: string) => new AsyncEntry(SERVICE, account, { linux: { store: 'secret-service' } })
  return {
    read: async (account) => within(UNLOCK_MS, async () => (await entry(account).getPassword()) ?? null),
    write: async (account, secret) => within(UNLOCK_MS, () => entry(account).setPassword(secret)),
    remove: async (account) => {
      await within(UNLOCK_MS, () => entry(account).deleteCredential())
    },
  }
}

/** Whether it keeps a secret, gives it back and forgets it: seen by doing so. */
export async function isWorking(keychain: Keychain): Promise<boolean> {
  const [account, secret] = [`canary-${randomBytes(6).toString('hex')}`, randomBytes(16).toString('hex')]
  try {
    return await within(PROBE_MS, async () => {
      await keychain.write(account, secret)
      const isKept = (await keychain.read(account)) === secret
      await keychain.remove(account)
      return isKept && (await keychain.read(account)) === null
    })
  } catch {
    return false
  }
}

async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the keychain does not answer')), ms)
  })
  try {
    return await Promise.race([work(), tooLate])
  } finally {
    clearTimeout(timer)
  }
}
