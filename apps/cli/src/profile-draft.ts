import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { EnrolmentAnswer } from '@writ/contracts'
import type { GeneratedKey } from '@writ/identity'
import { thumbprintOf } from '@writ/identity'
import { Failure } from './failure.ts'
import type { KeyStore, KeyStores } from './keys/key-stores.ts'
import { underLock } from './lock.ts'
import type { Profile, ProfilePlace } from './profile.ts'
import {
  currentKey,
  exists,
  keyPlace,
  lockOf,
  placeOf,
  readStored,
  writable,
  writeProfile,
} from './profile.ts'

/** A profile that is being made: nobody sees it before it is whole. */
export type ProfileDraft = {
  /** Puts it in place. @throws Failure when another one stands there and must stay */
  readonly publish: (answer: EnrolmentAnswer, enrolledAt: string) => Promise<PublishedProfile>
  readonly discard: () => Promise<void>
}
export type PublishedProfile = { readonly folder: string; readonly profile: Profile }

/** Whose profile it will be. @property replace whether one that is there goes */
export type DraftOrder = {
  readonly home: string
  readonly name: string
  readonly key: GeneratedKey
  readonly replace: boolean
}

/** Keeps the key before anything is done with it, in a folder beside the profiles or in the keychain. @throws Failure */
export async function draftProfile(order: DraftOrder, keys: KeyStores): Promise<ProfileDraft> {
  const { home, name, key, replace } = order
  const place = placeOf(home, name)
  if (!replace && (await exists(place.folder))) throw taken(name)
  const store = await keys.forNewKey()
  const keyName = thumbprintOf(key.publicJwk)
  const draft = await writable(home, () => newFolder(home, name))
  const draftKey = { folder: draft, name: keyName, boundTo: '' }
  const discard = async (): Promise<void> => {
    await store.discard(draftKey).catch(() => undefined)
    await rm(draft, { recursive: true, force: true })
  }
  await writable(home, () => store.keep(draftKey, key.privatePem)).catch(async (error: unknown) => {
    await discard()
    throw error
  })
  const publish: ProfileDraft['publish'] = (answer, enrolledAt) =>
    writable(home, async () => {
      const profile: Profile = { ...answer, keyStore: store.kind, keyName, enrolledAt }
      await bindKey(store, draft, profile, key)
      await writeProfile(draft, profile)
      await underLock(lockOf(home, name), () => moveInto(draft, place, { replace, keys }))
      return { folder: place.folder, profile }
    })
  return { publish, discard }
}

async function newFolder(home: string, name: string): Promise<string> {
  await mkdir(join(home, 'profiles'), { recursive: true, mode: 0o700 })
  return mkdtemp(join(home, 'profiles', `.${name}.`))
}

/** Only now it is known which agent it belongs to. */
async function bindKey(store: KeyStore, draft: string, profile: Profile, key: GeneratedKey): Promise<void> {
  if (store.kind !== 'file-sealed') return
  await store.keep(keyPlace(draft, profile, currentKey(profile)), key.privatePem)
}

/** A rename onto a folder with files in it fails: of two who enrol at once, one wins, and the key of the other is kept too. */
async function moveInto(
  draft: string,
  { folder }: ProfilePlace,
  { replace, keys }: { readonly replace: boolean; readonly keys: KeyStores },
): Promise<void> {
  const aside = `${draft}.old`
  if (replace) await rename(folder, aside).catch(() => undefined)
  try {
    await rename(draft, folder)
  } catch {
    const kept = `${folder}-${randomBytes(3).toString('hex')}`
    await rename(draft, kept)
    throw new Failure(
      `another enrolment took ${folder} meanwhile`,
      `Nothing was overwritten. This one is kept in ${kept}; use that name with --profile.`,
    )
  }
  await forget(aside, keys)
}

/** What a replaced profile kept outside its folder goes with it. */
async function forget(folder: string, keys: KeyStores): Promise<void> {
  const profile = await readStored(folder).catch(() => null)
  const refs = profile === null ? [] : [currentKey(profile), profile.nextKey, profile.retiredKey]
  for (const ref of refs) {
    if (ref?.store !== 'keychain') continue
    await keys
      .ofKind('keychain')
      .discard({ folder, name: ref.name, boundTo: '' })
      .catch(() => undefined)
  }
  await rm(folder, { recursive: true, force: true })
}

const taken = (name: string): Failure =>
  new Failure(
    `profile \`${name}\` exists already`,
    'Choose another with --profile, or replace it with --force.',
  )
