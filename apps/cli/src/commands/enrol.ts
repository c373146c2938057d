import { randomBytes } from 'node:crypto'
import type { EnrolmentAnswer } from '@writ/contracts'
import { EnrolmentRequest, Slug } from '@writ/contracts'
import type { GeneratedKey } from '@writ/identity'
import { AuthorityError, enrolAgent, generateKeyPem, thumbprintOf } from '@writ/identity'
import type { CliConfig } from '../config.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import { keyStoresOf } from '../keys/key-stores.ts'
import { KEPT } from '../keys/kinds.ts'
import { sendSoon, serverIn } from '../network.ts'
import { draftProfile } from '../profile-draft.ts'
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
  const endpoint = `${serverIn(options.url, config)}/t/${tenantIn(options.tenant)}/enrol`
  const token = tokenIn(options.token ?? config.WRIT_ENROLMENT_TOKEN)
  const key = generateKeyPem()
  const keys = keyStoresOf(config, terminal)
  const order = { home: config.WRIT_HOME, name: options.profile, key, replace: options.force }
  const draft = await draftProfile(order, keys)
  const answer = await enrolKey(endpoint, token, key)
    .then((given) => requireSecret(given, config))
    .catch(async (error: unknown) => {
      await draft.discard()
      throw error
    })
  const { folder, profile } = await draft.publish(answer, new Date().toISOString())
  const { keyStore, enrolledAt } = profile
  show(
    terminal,
    {
      ...answer,
      keyStore,
      enrolledAt,
      profile: options.profile,
      folder,
      identityKey: thumbprintOf(key.publicJwk),
    },
    [
      `${answer.agentName} (${answer.agentId}) is enrolled in tenant ${answer.tenant}.`,
      `Its private key was made here and is kept ${KEPT[keyStore]}; the profile is in ${folder}.`,
      `Next: writ connect --profile ${options.profile} --connection <name>`,
    ].join('\n'),
  )
  return EXIT.ok
}

async function enrolKey(
  endpoint: string,
  token: string,
  { privateKey }: GeneratedKey,
): Promise<EnrolmentAnswer> {
  try {
    const ports = { fetch: sendSoon, nowMs: Date.now, randomBytes }
    return await enrolAgent({ endpoint, token, identityKey: privateKey, ports })
  } catch (error) {
    if (error instanceof Failure) throw error
    const reason =
      error instanceof AuthorityError ? error.message : 'the answer is not one that this writ can read'
    throw new Failure(
      `the enrolment was not accepted: ${reason}`,
      'A token works once and for ten minutes. Ask an admin for a new one, and check --tenant and --url.',
      EXIT.unavailable,
    )
  }
}

/** Where the agent's keys and tokens go from now on is the answer's word: no more in plain text than the token went. */
function requireSecret(answer: EnrolmentAnswer, config: CliConfig): EnrolmentAnswer {
  try {
    for (const url of [answer.issuer, answer.tokenEndpoint]) serverIn(url, config)
    return answer
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure(
      `the enrolment is not kept: ${error.message}`,
      `${error.remedy} The token is used up: ask for a new one.`,
      EXIT.unavailable,
    )
  }
}

function tenantIn(text: string): string {
  if (Slug.safeParse(text).success) return text
  throw new Failure('that cannot be a tenant', 'A tenant is a short name such as `demo`.')
}

function tokenIn(text: string | undefined): string {
  if (text === undefined)
    throw new Failure(
      'no enrolment token',
      'Give it in WRIT_ENROLMENT_TOKEN or with --token; an admin makes one for the agent.',
    )
  if (EnrolmentRequest.safeParse({ token: text }).success) return text
  throw new Failure(
    'that is not an enrolment token',
    'It begins with wen_ and was shown once, when an admin made it.',
  )
}
