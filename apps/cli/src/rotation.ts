import { randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { askAuthority, AuthorityError, generateKeyPem } from '@writ/identity'
import { Failure } from './failure.ts'
import type { KeyStores } from './keys/key-stores.ts'
import type { StillHeld } from './lock.ts'
import { sendSoon } from './network.ts'
import type { KeyRef, Profile, StoredProfile, WriteProfile } from './profile.ts'
import { amendProfile, currentKey, keyPlace, readKey, readProfile } from './profile.ts'

export const AUTHORITY_PORTS = { fetch: sendSoon, nowMs: Date.now, randomBytes }

/** What a rotation that stopped half-way left: both keys are there, and the authority knows which of them counts. @throws Failure */
export async function settleRotation(stored: StoredProfile, keys: KeyStores): Promise<StoredProfile> {
  const { nextKey, retiredKey } = stored.profile
  if (!nextKey && !retiredKey) return stored
  await amendProfile(stored, (current, write, stillHeld) =>
    settle({ stored, current, write, stillHeld, keys }),
  )
  return readProfile(stored.home, stored.name, keys)
}

/** A profile that is being changed, under its lock. */
export type Amending = {
  readonly stored: StoredProfile
  readonly current: Profile
  readonly write: WriteProfile
  readonly stillHeld: StillHeld
  readonly keys: KeyStores
}

/** @returns the profile with no rotation under way */
export async function settle(amending: Amending): Promise<Profile> {
  const { stored, current, keys } = amending
  const { nextKey } = current
  if (nextKey) {
    const key = await readKey(stored, current, nextKey, keys).catch(absentKey)
    return key !== null && (await isIdentity(current, key))
      ? promote(amending, nextKey)
      : giveUp(amending, nextKey)
  }
  return current.retiredKey ? bury(amending) : current
}

/** The profile was told of it before the key was kept. @throws Failure where it is there and cannot be read now */
function absentKey(error: unknown): null {
  if (error instanceof Failure) throw error
  return null
}

/** The new key is the identity: the old one goes, and should that be interrupted, it goes the next time. */
export async function promote(amending: Amending, nextKey: KeyRef): Promise<Profile> {
  const { current, write } = amending
  const { nextKey: _settled, ...rest } = current
  const next = { ...rest, keyStore: nextKey.store, keyName: nextKey.name, retiredKey: currentKey(current) }
  await write(next)
  return bury({ ...amending, current: next })
}

async function bury({ stored, current, write, stillHeld, keys }: Amending): Promise<Profile> {
  const { retiredKey, ...rest } = current
  await stillHeld()
  if (retiredKey) await keys.ofKind(retiredKey.store).discard(keyPlace(stored.folder, current, retiredKey))
  await write(rest)
  return rest
}

/** The key is thrown away: another process may have made it the identity since, where the lock is lost. */
export async function giveUp(
  { stored, current, write, stillHeld, keys }: Amending,
  nextKey: KeyRef,
): Promise<Profile> {
  const { nextKey: _settled, ...rest } = current
  await stillHeld()
  await keys.ofKind(nextKey.store).discard(keyPlace(stored.folder, current, nextKey))
  await write(rest)
  return rest
}

/** Asked for what changes nothing, the authority still says whether it knows the agent by this key. @throws Failure, AuthorityError */
async function isIdentity({ issuer, agentId }: Profile, identityKey: KeyObject): Promise<boolean> {
  const sessionKey = generateKeyPem().privateKey
  try {
    await askAuthority(
      { issuer, agentId, identityKey, sessionKey },
      `${issuer}/revoke`,
      { token: 'none' },
      AUTHORITY_PORTS,
    )
    return true
  } catch (error) {
    if (error instanceof AuthorityError && error.error === 'invalid_client') return false
    throw error
  }
}
