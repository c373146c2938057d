import type { KeyObject } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { EnrolmentAnswer } from '@writ/contracts'
import { importPrivatePem, publicJwkOf, thumbprintOf } from '@writ/identity'
import { z } from 'zod'
import { Failure } from './failure.ts'
import type { KeyPlace, KeyStores } from './keys/key-stores.ts'
import { KEY_STORES } from './keys/kinds.ts'
import type { StillHeld } from './lock.ts'
import { underLock } from './lock.ts'
import { refuseSharedFolder, writePrivate } from './private-file.ts'

/** The name of a key in its store: its thumbprint (RFC 7638), or `identity` in profiles of before. */
const KeyName = z.string().regex(/^[\w-]{1,64}$/)
const KeyRef = z.strictObject({ store: z.enum(KEY_STORES), name: KeyName })
export type KeyRef = z.infer<typeof KeyRef>

/** What enrolment left on this machine: who the agent is, where it belongs, and where its identity key is. The key itself is not in it. */
export const Profile = EnrolmentAnswer.extend({
  keyStore: z.enum(KEY_STORES),
  keyName: KeyName.default('identity'),
  /** a key that may have become the identity: the authority was asked, and its answer has not come yet */
  nextKey: KeyRef.optional(),
  /** a key that was the identity before, and is still to be deleted */
  retiredKey: KeyRef.optional(),
  /** what the authority may expect at most, where answers were lost: it expects something from `joinSeq` to this */
  joinSeqAtMost: z.int().nonnegative().optional(),
  enrolledAt: z.iso.datetime(),
})
export type Profile = z.infer<typeof Profile>

/** A profile by its name on this machine. */
export type ProfilePlace = { readonly home: string; readonly name: string; readonly folder: string }
export type StoredProfile = ProfilePlace & { readonly profile: Profile; readonly identityKey: KeyObject }

export const PROFILE_FILE = 'profile.json'

/** @throws Failure when there is none, or when others could have read its key */
export async function readProfile(home: string, name: string, keys: KeyStores): Promise<StoredProfile> {
  const place = placeOf(home, name)
  return readable(place, async () => {
    const profile = await readStored(place.folder)
    return { ...place, profile, identityKey: await readKey(place, profile, currentKey(profile), keys) }
  })
}

/** Without its key. @throws Failure */
export function readProfileOnly(home: string, name: string): Promise<Profile> {
  const place = placeOf(home, name)
  return readable(place, () => readStored(place.folder))
}

async function readable<T>({ home, name, folder }: ProfilePlace, read: () => Promise<T>): Promise<T> {
  if (!(await exists(folder))) throw await absent(home, name)
  await refuseSharedFolder(folder)
  try {
    return await read()
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(
      `profile \`${name}\` in ${folder} cannot be read`,
      `Enrol again with a new token: writ enrol --profile ${name} --force …`,
    )
  }
}

export const currentKey = ({ keyStore, keyName }: Profile): KeyRef => ({ store: keyStore, name: keyName })

export const keyPlace = (
  folder: string,
  { agentId }: Pick<Profile, 'agentId'>,
  { name }: KeyRef,
): KeyPlace => ({
  folder,
  name,
  boundTo: agentId,
})

/** @throws where it is damaged, gone, or another key than its name says */
export async function readKey(
  { folder }: Pick<ProfilePlace, 'folder'>,
  profile: Profile,
  ref: KeyRef,
  keys: KeyStores,
): Promise<KeyObject> {
  const key = importPrivatePem(await keys.ofKind(ref.store).read(keyPlace(folder, profile, ref)))
  if (ref.name !== 'identity' && ref.name !== thumbprintOf(publicJwkOf(key)))
    throw new TypeError('the key is not the one that the profile names')
  return key
}

/**
 * Changes what a profile says, while no other process does. `change` gets it as it is now, and says what it shall be as often as it likes;
 * it asks `stillHeld` before whatever else must not be done by two. Somebody may be asked for a passphrase meanwhile, and take their time.
 * @throws Failure where another enrolment has taken its place meanwhile, or it took so long that another process may change it
 */
export async function amendProfile<T>(
  { home, name, folder, profile: seen }: ProfilePlace & { readonly profile: Profile },
  change: (current: Profile, write: WriteProfile, stillHeld: StillHeld) => Promise<T>,
): Promise<T> {
  return writable(home, () =>
    underLock(lockOf(home, name), async (stillHeld) => {
      const current = await readStored(folder)
      if (current.agentId !== seen.agentId || current.enrolledAt !== seen.enrolledAt) throw replaced(name)
      const write: WriteProfile = async (next) => {
        await stillHeld()
        await writeProfile(folder, next)
      }
      return change(current, write, stillHeld)
    }),
  )
}

export type WriteProfile = (next: Profile) => Promise<void>

export const lockOf = (home: string, name: string): string => join(home, 'profiles', `.${name}.lock`)

export const readStored = async (folder: string): Promise<Profile> =>
  Profile.parse(JSON.parse(await readFile(join(folder, PROFILE_FILE), 'utf8')))

export const writeProfile = (folder: string, profile: Profile): Promise<void> =>
  writePrivate(join(folder, PROFILE_FILE), `${JSON.stringify(profile, null, 2)}\n`)

const ProfileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)

/** @throws Failure when the name could leave the profile folder */
export function placeOf(home: string, name: string): ProfilePlace {
  if (ProfileName.safeParse(name).success) return { home, name, folder: join(home, 'profiles', name) }
  throw new Failure('that cannot name a profile', 'Use letters, digits, dots, dashes and underscores.')
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

async function absent(home: string, name: string): Promise<Failure> {
  const entries = await readdir(join(home, 'profiles')).catch(() => [])
  const known = entries.filter((entry) => ProfileName.safeParse(entry).success)
  const others = known.length > 0 ? ` Known profiles: ${known.join(', ')}.` : ''
  return new Failure(
    `there is no profile \`${name}\``,
    `Run: WRIT_ENROLMENT_TOKEN=<token> writ enrol --profile ${name} --tenant <tenant>.${others}`,
  )
}

const replaced = (name: string): Failure =>
  new Failure(`profile \`${name}\` was replaced by another enrolment`, 'Start again with the new one.')

const SystemFault = z.object({ code: z.string(), syscall: z.string() })

/** @throws Failure in place of a fault of the file system */
export async function writable<T>(home: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const fault = SystemFault.safeParse(error)
    if (!fault.success) throw error
    throw new Failure(`cannot write in ${home} (${fault.data.code})`, 'Set WRIT_HOME to a folder of yours.')
  }
}
