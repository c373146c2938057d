import type { EnrolmentAnswer } from '@writ/contracts'
import type { GeneratedKey } from '@writ/identity'
import { generateKeyPem } from '@writ/identity'
import type { CliConfig } from './config.ts'
import type { Keychain } from './keys/keychain.ts'
import type { KeyStores } from './keys/key-stores.ts'
import { keyStoresOf } from './keys/key-stores.ts'
import type { PublishedProfile } from './profile-draft.ts'
import { draftProfile } from './profile-draft.ts'

/** Key stores of a machine that nobody sits at. */
export const givenKeys = (config: Partial<CliConfig> = {}, keychain: Keychain | null = null): KeyStores =>
  keyStoresOf(
    { WRIT_KEY_STORE: config.WRIT_KEY_STORE ?? 'file-0600', WRIT_KEY_PASSPHRASE: config.WRIT_KEY_PASSPHRASE },
    { askSecret: () => null, openKeychain: () => Promise.resolve(keychain) },
  )

/** A keychain that works, without the operating system. */
export function givenKeychain(): Keychain & { readonly secrets: ReadonlyMap<string, string> } {
  const secrets = new Map<string, string>()
  return {
    secrets,
    read: async (account) => secrets.get(account) ?? null,
    write: async (account, secret) => void secrets.set(account, secret),
    remove: async (account) => void secrets.delete(account),
  }
}

export const AGENT = `agt_${'0'.repeat(26)}` as const
export const ENROLLED_AT = '2026-11-20T10:00:00.000Z'

/** What an authority at this origin answers to an enrolment. */
export const enrolmentAt = (origin: string): EnrolmentAnswer => ({
  agentId: AGENT,
  agentName: 'claude',
  tenant: 'demo',
  issuer: `${origin}/t/demo/oauth`,
  tokenEndpoint: `${origin}/t/demo/oauth/token`,
  gateways: [origin],
  joinSeq: 0,
})

export type GivenProfile = PublishedProfile & { readonly key: GeneratedKey }

/** An enrolled agent, named `default`. */
export async function givenProfile(
  home: string,
  origin: string,
  keys: KeyStores = givenKeys(),
): Promise<GivenProfile> {
  const key = generateKeyPem()
  const draft = await draftProfile({ home, name: 'default', key, replace: false }, keys)
  return { ...(await draft.publish(enrolmentAt(origin), ENROLLED_AT)), key }
}
