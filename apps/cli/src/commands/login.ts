import { AuthorityError } from '@writ/identity'
import type { SignIn } from '../agent-session.ts'
import { openSession } from '../agent-session.ts'
import type { CliConfig } from '../config.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import { keyStoresOf } from '../keys/key-stores.ts'
import { readProfile } from '../profile.ts'
import { browserSignIn } from '../sign-in/browser.ts'
import { deviceSignIn } from '../sign-in/device.ts'
import { claimsIn } from '../token-claims.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'

export type LoginOptions = { readonly profile: string; readonly browser: boolean }

/** Asks a human whether the agent may act for them, and says who said yes. The session of the answer ends with this program. */
export async function login(config: CliConfig, options: LoginOptions, terminal: Terminal): Promise<ExitCode> {
  const keys = keyStoresOf(config, terminal)
  const stored = await readProfile(config.WRIT_HOME, options.profile, keys)
  const signIn = signInWith(options, terminal)
  const session = await openSession(stored, keys, { signIn }).catch((error: unknown) => {
    throw deniedBy(error)
  })
  const { sub, sid, auth_time: authTime, amr = [] } = claimsIn(await session.accessToken())
  const signedInAt = authTime === undefined ? null : new Date(authTime * 1_000).toISOString()
  const { profile } = stored
  show(
    terminal,
    {
      profile: options.profile,
      agent: profile.agentId,
      tenant: profile.tenant,
      human: sub,
      session: sid,
      signedInAt,
      methods: amr,
    },
    [
      `${sub} lets ${profile.agentName} (${profile.agentId}) act for them in tenant ${profile.tenant}${signedInAt === null ? '' : `; signed in ${signedInAt}`}.`,
      'The consent is kept until it runs out or is taken back; this session ends with this command.',
      `To work for them: writ connect --profile ${options.profile} --login --connection <name>`,
    ].join('\n'),
  )
  return EXIT.ok
}

/** A text for the person: on stderr, so that stdout holds the result alone. */
export const signInWith = ({ browser }: { readonly browser: boolean }, { note }: Terminal): SignIn =>
  browser ? browserSignIn(note) : deviceSignIn(note)

/** What the authority said to the sign-in, as a failure that says what to do. */
export function deniedBy(error: unknown): unknown {
  if (!(error instanceof AuthorityError)) return error
  if (error.error === 'access_denied' || error.error === 'expired_token')
    return new Failure(`not signed in: ${error.message}`, 'Run the command again to ask again.', EXIT.no)
  return new Failure(
    `not signed in: ${error.message}`,
    'Run `writ status`: it says whether the authority knows this agent.',
    EXIT.unavailable,
  )
}
