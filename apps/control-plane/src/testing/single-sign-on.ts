import type { SsoConnectionView } from '@writ/contracts'
import { Browser, logIn } from './browser.ts'
import type { Shown } from './browser.ts'
import { givenControlPlane, ORIGIN } from './given.ts'
import type { Answer, ControlPlane, Setting } from './given.ts'
import { givenIdentityProvider } from './identity-provider.ts'
import type { IdentityProvider } from './identity-provider.ts'

export const CLIENT_SECRET = 'secret-of-our-client-at-the-provider'

/** A control plane and a real identity provider that know where the other one listens. */
export type SingleSignOn = {
  readonly plane: ControlPlane
  readonly idp: IdentityProvider
  readonly newBrowser: () => Browser
  /** at that provider, unless it is said which */
  readonly connectedTenant: (at?: IdentityProvider) => Promise<ConnectedTenant>
  readonly close: () => Promise<void>
}

/** A tenant whose humans sign in at that provider. */
export type ConnectedTenant = {
  readonly id: string
  readonly slug: string
  readonly key: string
  readonly sso: SsoConnectionView
  /** asks the API as the owner's key */
  readonly ask: (method: string, path: string, body?: unknown) => Promise<Answer>
  readonly connect: () => Promise<SsoConnectionView>
  /** a human that an owner made and linked to that subject; returns the id */
  readonly linkedHuman: (subject: string, roles?: readonly string[]) => Promise<string>
  readonly signIn: (browser: Browser, subject: string, query?: string) => Promise<Shown>
  readonly isIn: (browser: Browser) => Promise<boolean>
}

export async function givenSingleSignOn({ environment, ...setting }: Setting = {}): Promise<SingleSignOn> {
  const plane = await givenControlPlane({
    ...setting,
    environment: { WRIT_ALLOW_IDENTITY_PROVIDERS_ON_LOOPBACK_HTTP: 'yes', ...environment },
  })
  const reach = (url: string) => url.replace(ORIGIN, plane.url)
  const idp = await givenIdentityProvider(reach)
  return {
    plane,
    idp,
    newBrowser: () => new Browser(reach),
    connectedTenant: (at = idp) => connectedTenant(plane, at),
    close: async () => {
      await idp.close()
      await plane.close()
    },
  }
}

async function connectedTenant(plane: ControlPlane, idp: IdentityProvider): Promise<ConnectedTenant> {
  const { tenant, ownerKey } = await plane.newTenant()
  const ask: ConnectedTenant['ask'] = (method, path, body) =>
    plane.ask(method, `/api/v1/${path}`, { key: ownerKey.key, ...(body !== undefined && { body }) })
  const connect = () => connectTo(idp, `writ-${tenant.slug}`, ask)
  const sso = await connect()
  return {
    id: tenant.id,
    slug: tenant.slug,
    key: ownerKey.key,
    sso,
    ask,
    connect,
    linkedHuman: (subject, roles = []) => linkedHuman(ask, { sso: sso.id, subject }, roles),
    signIn: async (browser, subject, query = '') =>
      logIn(browser, await browser.visit(`${ORIGIN}/t/${tenant.slug}/sign-in/${sso.id}${query}`), subject),
    isIn: async (browser) =>
      (await browser.visit(`${ORIGIN}/t/${tenant.slug}/me`)).url.pathname.endsWith('/me'),
  }
}

async function connectTo(
  idp: IdentityProvider,
  clientId: string,
  ask: ConnectedTenant['ask'],
): Promise<SsoConnectionView> {
  const form = { name: 'Example <ID>', issuer: idp.issuer, clientId, clientSecret: CLIENT_SECRET }
  const { status, body } = await ask('POST', 'sso-connections', form)
  if (status !== 201) throw new Error(`the connection was not made: ${JSON.stringify(body)}`)
  idp.addClient({
    client_id: clientId,
    client_secret: CLIENT_SECRET,
    redirect_uris: [body.redirectUri],
    backchannel_logout_uri: body.backChannelLogoutUri,
    backchannel_logout_session_required: true,
  })
  return body
}

async function linkedHuman(
  ask: ConnectedTenant['ask'],
  identity: { readonly sso: string; readonly subject: string },
  roles: readonly string[],
): Promise<string> {
  const { body } = await ask('POST', 'humans', { name: 'Ada <b>', email: `${identity.subject}@example.test` })
  await ask('POST', `humans/${body.id}/identities`, identity)
  if (roles.length > 0) await ask('PUT', `humans/${body.id}/roles`, { roles })
  return body.id
}
