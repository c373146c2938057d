import { isBundleFault, openBundle } from '@writ/bundle'
import type { Bundle, SessionId } from '@writ/contracts'
import { createAgentSession, generateKeyPem } from '@writ/identity'
import { PlatformQueries } from '@writ/postgres'
import { BundleKeys } from '../bundles/bundle-keys.ts'
import { agentPorts, enrolledAgent } from './agents.ts'
import type { EnrolledAgent } from './agents.ts'
import { ORIGIN } from './given.ts'
import type { Answer, ControlPlane } from './given.ts'
import type { JoinedNode } from './nodes.ts'

/** A tenant with its owner's key, one agent in a session, one connection for everyone, and one policy that asks. */
export type World = {
  readonly slug: string
  readonly tenant: `ten_${string}`
  readonly key: string
  readonly defaultGroup: string
  readonly agent: EnrolledAgent
  readonly session: SessionId
  readonly connection: string
  readonly policy: string
  /** asks as the owner */
  readonly ask: (method: string, path: string, body?: unknown) => Promise<Answer>
}

export async function givenWorld(plane: ControlPlane): Promise<World> {
  const { tenant, ownerKey } = await plane.newTenant()
  const { slug, id, defaultGroup } = tenant
  const ask: World['ask'] = (method, path, body) =>
    plane.ask(method, `/api/v1/${path}`, { key: ownerKey.key, ...(body !== undefined && { body }) })
  const agent = await enrolledAgent(plane, slug, ownerKey.key)
  const connection = await ask('POST', 'connections', { ...CONNECTION, groups: [defaultGroup] })
  const policy = await ask('POST', 'policies', {
    name: 'ask first',
    document: ASKING,
    groups: [defaultGroup],
  })
  return {
    slug,
    tenant: id,
    key: ownerKey.key,
    defaultGroup,
    agent,
    session: await sessionOf(plane, slug, agent),
    connection: connection.body.id,
    policy: policy.body.id,
    ask,
  }
}

const CONNECTION = { name: 'crm', url: 'http://127.0.0.1:9/mcp', credential: { kind: 'none' } }
const ASKING = {
  writ: 1,
  rules: [
    {
      id: 'ask-first',
      effect: 'ask',
      on: ['outbound'],
      when: { path: 'action.class', op: 'eq', value: 'money' },
      reason: 'Money moves with a person only.',
    },
  ],
}

/** A new session of the agent: one more session key that got a token. */
export async function sessionOf(plane: ControlPlane, slug: string, agent: EnrolledAgent): Promise<SessionId> {
  const issuer = `${ORIGIN}/t/${slug}/oauth`
  const session = createAgentSession({
    issuer,
    tokenEndpoint: `${issuer}/token`,
    agentId: agent.id,
    identityKey: agent.identityKey,
    sessionKey: generateKeyPem().privateKey,
    ports: agentPorts(plane),
  })
  const [, claims = ''] = (await session.accessToken()).split('.')
  return JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')).sid
}

/** The newest bundle, past the door of the nodes: for specs in which time is not now. */
export async function newestBundle({ app }: ControlPlane, slug: string): Promise<Bundle> {
  const head = await app.get(PlatformQueries).bundleBySlug(slug)
  const keys = await app.get(BundleKeys).trusted()
  const opened = await openBundle(head?.signed ?? '', keys, { tenant: slug, version: 0, sha256: null })
  if (isBundleFault(opened)) throw new Error(opened.detail)
  return opened.bundle
}

/** The newest bundle, opened as a gateway opens it. */
export async function openedBundle(
  node: JoinedNode,
  slug: string,
): Promise<{ readonly bundle: Bundle; readonly sha256: string }> {
  const { body } = await node.ask('GET', `/internal/v1/bundles/${slug}`)
  const opened = await openBundle(body.bundle, node.bundleKeys, { tenant: slug, version: 0, sha256: null })
  if (isBundleFault(opened)) throw new Error(opened.detail)
  return opened
}
