import { randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { GRANT_TYPES, TOKEN_TYPES } from '@writ/contracts'
import { generateKeyPem, publicJwkOf } from '@writ/identity'
import { enrolledAgent } from '../../testing/agents.ts'
import type { EnrolledAgent } from '../../testing/agents.ts'
import { Browser, logIn } from '../../testing/browser.ts'
import { givenControlPlane, ORIGIN } from '../../testing/given.ts'
import type { ControlPlane, Setting } from '../../testing/given.ts'
import { givenIdentityProvider } from '../../testing/identity-provider.ts'
import type { IdentityProvider } from '../../testing/identity-provider.ts'
import { challengeOf, CLIENT_CREDENTIALS, draftOf, issuerOf, newJti, send, signJwt } from './draft.suite.ts'
import type { Draft, Jwt } from './draft.suite.ts'

export const REDIRECT = 'http://127.0.0.1:43110/callback'
const SECRET = 'client-secret-of-the-specs-0123456789'

/** A tenant with agents, a real identity provider, and a human who signed in there and owns none of the agents. */
export type Stage = {
  readonly plane: ControlPlane
  readonly slug: string
  readonly key: string
  readonly idp: IdentityProvider
  readonly clientId: string
  readonly agent: EnrolledAgent
  readonly other: EnrolledAgent
  /** of another tenant */
  readonly foreign: EnrolledAgent & { readonly slug: string; readonly key: string }
  /** the human's browser, signed in */
  readonly browser: Browser
  readonly human: string
  readonly reach: (url: string) => string
  readonly close: () => Promise<void>
}

export async function givenStage(setting: Setting = {}): Promise<Stage> {
  const plane = await givenControlPlane({
    ...setting,
    environment: { WRIT_ALLOW_IDENTITY_PROVIDERS_ON_LOOPBACK_HTTP: 'yes' },
  })
  const reach = (url: string) => url.replace(ORIGIN, plane.url)
  const idp = await givenIdentityProvider(reach)
  const { tenant, ownerKey } = await plane.newTenant()
  const beta = await plane.newTenant()
  const acme = { slug: tenant.slug, key: ownerKey.key }
  const clientId = await connectIdp(plane, acme.key, idp)
  const { browser, human } = await signedInHuman({ plane, ...acme, reach })
  return {
    plane,
    ...acme,
    idp,
    clientId,
    agent: await enrolledAgent(plane, acme.slug, acme.key),
    other: await enrolledAgent(plane, acme.slug, acme.key),
    foreign: {
      ...(await enrolledAgent(plane, beta.tenant.slug, beta.ownerKey.key)),
      slug: beta.tenant.slug,
      key: beta.ownerKey.key,
    },
    browser,
    human,
    reach,
    close: async () => {
      await plane.close()
      await idp.close()
    },
  }
}

async function connectIdp(plane: ControlPlane, key: string, idp: IdentityProvider): Promise<string> {
  const clientId = `writ-${randomBytes(4).toString('hex')}`
  const sso = await plane.ask('POST', '/api/v1/sso-connections', {
    key,
    body: { name: 'idp', issuer: idp.issuer, clientId, clientSecret: SECRET, jit: true },
  })
  idp.addClient({ client_id: clientId, client_secret: SECRET, redirect_uris: [sso.body.redirectUri] })
  return clientId
}

type Place = { plane: ControlPlane; slug: string; key: string; reach: (url: string) => string }

/** A human made by an admin who follows a link once, so that there is an identity; and signs in. */
async function signedInHuman({ plane, slug, reach }: Place): Promise<{ browser: Browser; human: string }> {
  const link = await plane.ask('POST', `/api/v1/tenants/${slug}/owner-links`, {
    key: 'operator-key-of-the-specs-0123456789',
    body: {},
  })
  const browser = new Browser(reach)
  await browser.submit(await browser.visit(link.body.url))
  return { browser, human: link.body.human }
}

/** Lets the human of the stage be a subject of the identity provider. */
export async function bindSubject({ plane, idp }: Stage, human: string, subject: string): Promise<void> {
  await plane.query(
    `insert into writ.human_identities (tenant_id, issuer, subject, human_id, created_at)
     select tenant_id, $2, $3, id, now() from writ.humans where id = $1`,
    [human, idp.issuer, subject],
  )
}

export { logIn }

export const newKey = (): KeyObject => generateKeyPem().privateKey

export const ownCredentials = ({ slug, agent }: Stage): Draft =>
  draftOf(
    slug,
    { id: agent.id, identityKey: agent.identityKey },
    { sessionKey: newKey(), parameters: CLIENT_CREDENTIALS },
  )

/** A living session of an agent, begun by its own credentials. */
export async function begin(
  { plane }: Stage,
  agent: EnrolledAgent & { readonly slug?: string },
  {
    slug,
    parameters = {},
  }: { readonly slug: string; readonly parameters?: Readonly<Record<string, string>> },
): Promise<{ readonly key: KeyObject; readonly sid: string; readonly token: string }> {
  const key = newKey()
  const draft = draftOf(slug, agent, {
    sessionKey: key,
    parameters: { ...CLIENT_CREDENTIALS, ...parameters },
  })
  const got = await send(plane, draft)
  if (got.status !== 200) throw new Error(`no session: ${JSON.stringify(got.body)}`)
  const claims = JSON.parse(Buffer.from(got.body.access_token.split('.')[1], 'base64url').toString('utf8'))
  return { key, sid: claims.sid, token: got.body.access_token }
}

/** What a delegating session signs. */
export function delegationOf(slug: string, key: KeyObject, { from, to }: { from: string; to: string }): Jwt {
  const iat = Math.floor(Date.now() / 1000)
  return {
    header: { typ: 'writ-delegation+jwt', alg: 'ES256', jwk: publicJwkOf(key) },
    claims: { iss: from, sub: to, aud: issuerOf(slug), iat, exp: iat + 60, jti: newJti() },
    key,
  }
}

/** An exchange of a delegation. */
export const exchangeOf = (
  slug: string,
  client: EnrolledAgent,
  {
    delegation,
    sessionKey = newKey(),
  }: { readonly delegation: Jwt | string; readonly sessionKey?: KeyObject },
): Draft =>
  draftOf(slug, client, {
    sessionKey,
    parameters: {
      grant_type: GRANT_TYPES.tokenExchange,
      subject_token_type: TOKEN_TYPES.delegation,
      subject_token: typeof delegation === 'string' ? delegation : signJwt(delegation),
    },
  })

/** The human allows what an agent asks for at the authorization endpoint. @returns the code */
export async function consent(
  stage: Stage,
  agent: EnrolledAgent,
  {
    verifier,
    parameters = {},
  }: { readonly verifier: string; readonly parameters?: Readonly<Record<string, string>> },
): Promise<URL> {
  const { browser, slug } = stage
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: agent.id,
    redirect_uri: REDIRECT,
    state: 'state-of-the-spec',
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    ...parameters,
  })
  browser.stopBefore = REDIRECT
  const page = await browser.visit(`${issuerOf(slug)}/authorize?${query}`)
  const decided = await browser.submit(page, { decision: 'allow' })
  return new URL(decided.headers.get('location') ?? 'http://no.location')
}

export async function codeDraft(
  stage: Stage,
  {
    agent = stage.agent,
    parameters = {},
    sessionKey = newKey(),
  }: {
    readonly agent?: EnrolledAgent
    readonly parameters?: Readonly<Record<string, string>>
    readonly sessionKey?: KeyObject
  } = {},
): Promise<Draft> {
  const verifier = randomBytes(32).toString('base64url')
  const answered = await consent(stage, agent, { verifier, parameters })
  return draftOf(stage.slug, agent, {
    sessionKey,
    parameters: {
      grant_type: GRANT_TYPES.authorizationCode,
      code: answered.searchParams.get('code') ?? '',
      redirect_uri: REDIRECT,
      code_verifier: verifier,
    },
  })
}

/** A device code that the human allowed, and the request that uses it. */
export async function deviceDraft(
  stage: Stage,
  {
    decision = 'allow',
    sessionKey = newKey(),
    bound = true,
  }: {
    readonly decision?: 'allow' | 'deny' | null
    readonly sessionKey?: KeyObject
    readonly bound?: boolean
  } = {},
): Promise<Draft> {
  const { plane, slug, agent, browser } = stage
  const asked = draftOf(slug, agent, { sessionKey, parameters: {}, endpoint: 'device_authorization' })
  const device = await send(plane, bound ? asked : { ...asked, proofs: [] })
  if (device.status !== 200) throw new Error(`no device code: ${JSON.stringify(device.body)}`)
  if (decision !== null) {
    const page = await browser.visit(device.body.verification_uri_complete)
    await browser.submit(page, { decision })
  }
  return draftOf(slug, agent, {
    sessionKey,
    parameters: { grant_type: GRANT_TYPES.deviceCode, device_code: device.body.device_code },
  })
}
