import type { KeyObject } from 'node:crypto'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { EnrolmentAnswer } from '@writ/contracts'
import { importPrivatePem } from '@writ/identity'
import { z } from 'zod'
import { Failure } from './failure.ts'

/** What enrolment left on this machine: who the agent is and where it belongs. The identity key lies beside it, mode 0600. */
export const Profile = EnrolmentAnswer.extend({
  keyStore: z.literal('file-0600'),
  enrolledAt: z.iso.datetime(),
})
export type Profile = z.infer<typeof Profile>
export type StoredProfile = { readonly profile: Profile; readonly identityKey: KeyObject }

/** A profile that is being made: nobody sees it before it is whole. */
export type ProfileDraft = {
  /** Puts it in place. @returns its folder. @throws Failure when another one stands there and must stay */
  readonly publish: (profile: Profile) => Promise<string>
  readonly discard: () => Promise<void>
}

const KEY_FILE = 'identity.pem'
const PROFILE_FILE = 'profile.json'

/** Keeps the key on disk before anything is done with it, in a folder beside the profiles. @throws Failure */
export async function draftProfile(
  home: string,
  name: string,
  identityPem: string,
  replace: boolean,
): Promise<ProfileDraft> {
  const folder = profileFolder(home, name)
  if (!replace && (await exists(folder))) throw taken(name)
  const draft = await writable(home, async () => {
    await mkdir(join(home, 'profiles'), { recursive: true, mode: 0o700 })
    const made = await mkdtemp(join(home, 'profiles', `.${name}.`))
    await writePrivate(join(made, KEY_FILE), identityPem)
    return made
  })
  return {
    publish: async (profile) => {
      const text = `${JSON.stringify(profile, null, 2)}\n`
      await writable(home, () => writePrivate(join(draft, PROFILE_FILE), text))
      return moveInto(draft, folder, replace)
    },
    discard: () => rm(draft, { recursive: true, force: true }),
  }
}

/** @throws Failure when there is none, or when others could have read its key */
export async function readProfile(home: string, name: string): Promise<StoredProfile> {
  const folder = profileFolder(home, name)
  if (!(await exists(folder))) throw await absent(home, name)
  await refuseShared(join(folder, KEY_FILE))
  try {
    const [text, pem] = await Promise.all([
      readFile(join(folder, PROFILE_FILE), 'utf8'),
      readFile(join(folder, KEY_FILE), 'utf8'),
    ])
    return { profile: Profile.parse(JSON.parse(text)), identityKey: importPrivatePem(pem) }
  } catch {
    throw new Failure(
      `profile \`${name}\` in ${folder} cannot be read`,
      `Enrol again with a new token: writ enrol --profile ${name} --force …`,
    )
  }
}

const ProfileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)

/** @throws Failure when the name could leave the profile folder */
export function profileFolder(home: string, name: string): string {
  if (ProfileName.safeParse(name).success) return join(home, 'profiles', name)
  throw new Failure('that cannot name a profile', 'Use letters, digits, dots, dashes and underscores.')
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** A rename onto a folder with files in it fails: of two who enrol at once, one wins, and the key of the other is kept too. */
async function moveInto(draft: string, folder: string, replace: boolean): Promise<string> {
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
  await rm(aside, { recursive: true, force: true })
  return folder
}

const taken = (name: string): Failure =>
  new Failure(
    `profile \`${name}\` exists already`,
    'Choose another with --profile, or replace it with --force.',
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

/** A key that others can read is no proof of who the agent is. Windows keeps no such modes. */
async function refuseShared(path: string): Promise<void> {
  const { mode } = (await stat(path).catch(() => null)) ?? { mode: 0 }
  if (process.platform === 'win32' || (mode & 0o077) === 0) return
  throw new Failure(
    `other users of this machine can read ${path}`,
    `Run: chmod 600 ${path}. If someone may have copied it, revoke the agent and enrol again.`,
  )
}

const SystemFault = z.object({ code: z.string() })

async function writable<T>(home: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code = 'unknown reason' } = SystemFault.safeParse(error).data ?? {}
    throw new Failure(`cannot write in ${home} (${code})`, 'Set WRIT_HOME to a folder of yours.')
  }
}

/** Readable by its owner only, and on disk when this settles. */
async function writePrivate(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}
