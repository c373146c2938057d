import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { EnrolmentAnswer } from '@writ/contracts'
import { z } from 'zod'
import { Failure } from './failure.ts'

/** What enrolment left on this machine: who the agent is and where it belongs. The identity key lies beside it, mode 0600. */
export const Profile = EnrolmentAnswer.extend({
  keyStore: z.literal('file-0600'),
  enrolledAt: z.iso.datetime(),
})
export type Profile = z.infer<typeof Profile>
export type StoredProfile = { readonly profile: Profile; readonly identityPem: string }

const ProfileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)

/** @throws Failure when the name could leave the profile folder */
export function profileFolder(home: string, name: string): string {
  if (!ProfileName.safeParse(name).success) {
    throw new Failure(
      `\`${name}\` cannot name a profile`,
      'Use letters, digits, dots, dashes and underscores.',
    )
  }
  return join(home, 'profiles', name)
}

export async function writeProfile(folder: string, stored: StoredProfile): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writePrivate(join(folder, 'identity.pem'), stored.identityPem)
  await writePrivate(join(folder, 'profile.json'), `${JSON.stringify(stored.profile, null, 2)}\n`)
}

export async function readProfile(home: string, name: string): Promise<StoredProfile> {
  const folder = profileFolder(home, name)
  const [text, identityPem] = await Promise.all([
    readFile(join(folder, 'profile.json'), 'utf8'),
    readFile(join(folder, 'identity.pem'), 'utf8'),
  ]).catch(async () => {
    const known = await readdir(join(home, 'profiles')).catch(() => [])
    const others = known.length > 0 ? ` Known profiles: ${known.join(', ')}.` : ''
    throw new Failure(
      `there is no profile \`${name}\``,
      `Run: writ enrol --profile ${name} --tenant <tenant> --token <token>.${others}`,
    )
  })
  return { profile: Profile.parse(JSON.parse(text)), identityPem }
}

/** Readable by its owner only, whole or not at all. */
async function writePrivate(path: string, text: string): Promise<void> {
  const draft = `${path}.new`
  const file = await open(draft, 'w', 0o600)
  try {
    await file.chmod(0o600)
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
}
