import { stat } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { EnrolmentRequest, Slug } from '@writ/contracts'
import { enrolAgent, generateKeyPem, thumbprintOf } from '@writ/identity'
import type { CliConfig } from '../config.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import { profileFolder, writeProfile } from '../profile.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'

export type EnrolOptions = {
  readonly tenant: string
  readonly profile: string
  readonly url: string
  readonly token: string | undefined
  readonly force: boolean
}

/** Makes the agent's identity key here, proves it to the control plane with the one-time token, and keeps both in a profile. */
export async function enrol(config: CliConfig, options: EnrolOptions, terminal: Terminal): Promise<ExitCode> {
  const folder = profileFolder(config.WRIT_HOME, options.profile)
  if (!options.force && (await exists(folder))) {
    throw new Failure(
      `profile \`${options.profile}\` exists already`,
      'Choose another with --profile, or replace it with --force.',
    )
  }
  const key = generateKeyPem()
  const answer = await enrolAgent({
    endpoint: new URL(`/t/${tenantIn(options.tenant)}/enrol`, options.url).href,
    token: tokenIn(options.token ?? config.WRIT_ENROLMENT_TOKEN),
    identityKey: key.privateKey,
    ports: { fetch, nowMs: Date.now, randomBytes },
  }).catch((cause: unknown) => {
    throw new Failure(
      `the enrolment was not accepted: ${cause instanceof Error ? cause.message : 'no answer'}`,
      'A token works once and for ten minutes. Ask an admin for a new one, and check --tenant and --url.',
      EXIT.unavailable,
    )
  })
  const profile = { ...answer, keyStore: 'file-0600' as const, enrolledAt: new Date().toISOString() }
  await writeProfile(folder, { profile, identityPem: key.privatePem })
  show(
    terminal,
    { ...profile, profile: options.profile, folder, identityKey: thumbprintOf(key.publicJwk) },
    [
      `${answer.agentName} (${answer.agentId}) is enrolled in tenant ${answer.tenant}.`,
      `Its private key was made here and stays in ${folder} (readable by you only).`,
      `Next: writ connect --profile ${options.profile} --connection <name>`,
    ].join('\n'),
  )
  return EXIT.ok
}

function tenantIn(text: string): string {
  if (Slug.safeParse(text).success) return text
  throw new Failure(`\`${text}\` cannot be a tenant`, 'A tenant is a short name such as `demo`.')
}

function tokenIn(text: string | undefined): string {
  if (text === undefined)
    throw new Failure(
      'no enrolment token',
      'Give it with --token or in WRIT_ENROLMENT_TOKEN; an admin makes one for the agent.',
    )
  if (EnrolmentRequest.safeParse({ token: text }).success) return text
  throw new Failure(
    'that is not an enrolment token',
    'It begins with wen_ and was shown once, when an admin made it.',
  )
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
