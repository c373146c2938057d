import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { isBundleFault, MAX_BUNDLE_BYTES, openBundle } from '@writ/bundle'
import type { Bundle } from '@writ/contracts'
import { createAgentSession, enrolAgent, generateKeyPem } from '@writ/identity'
import { PlatformQueries } from '@writ/postgres'
import { BundleKeys } from '../bundles/bundle-keys.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { agentPorts, enrolledAgent, newHuman } from '../testing/agents.ts'
import type { EnrolledAgent } from '../testing/agents.ts'
import { givenControlPlane, ORIGIN } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'

// Tens of thousands of rows, on a machine that does other things too.
jest.setTimeout(60_000)

type World = { tenant: `ten_${string}`; slug: string; key: string; defaultGroup: string }

let plane: ControlPlane

beforeAll(async () => {
  plane = await givenControlPlane()
})
afterAll(() => plane?.close())

async function newWorld(): Promise<World> {
  const { tenant, ownerKey } = await plane.newTenant()
  return { tenant: tenant.id, slug: tenant.slug, key: ownerKey.key, defaultGroup: tenant.defaultGroup }
}

const revoke = ({ key }: World, { id }: EnrolledAgent) =>
  plane.ask('POST', `/api/v1/agents/${id}/revoke`, { key })

/** Sessions as if each had begun with a token just now. */
const beginSessions = (world: World, agent: EnrolledAgent, count: number) =>
  plane.app.get(Tenancy).runById(world.tenant, (db) =>
    db.rows(
      `insert into writ.sessions (tenant_id, id, agent_id, human_id, key_thumbprint, created_at, last_token_at)
       select $1, 'ses_' || lpad(n::text, 26, '0'), $2, $3, 'key-' || n, now(), now() from generate_series(1, $4::int) n`,
      [agent.id, agent.human, count],
    ),
  )

const endedSessions = (world: World, agent: EnrolledAgent, count: number) =>
  plane.app.get(Tenancy).runById(world.tenant, (db) =>
    db.rows(
      `insert into writ.sessions (tenant_id, id, agent_id, human_id, key_thumbprint, created_at, last_token_at, ended_at, ended_reason)
       select $1, 'ses_' || right($2, 22) || lpad(n::text, 4, '0'), $2, $3, $2 || n, now(), now(), now(), 'by its owner'
         from generate_series(1, $4::int) n`,
      [agent.id, agent.human, count],
    ),
  )

const endSession = (world: World, session: string) =>
  plane.app
    .get(Tenancy)
    .runById(world.tenant, (db) =>
      db.rows('update writ.sessions set ended_at = now() where tenant_id = $1 and id = $2', [session]),
    )

async function bundleOf({ slug }: World): Promise<{ bundle: Bundle; sizeBytes: number }> {
  const head = await plane.app.get(PlatformQueries).bundleBySlug(slug)
  const keys = await plane.app.get(BundleKeys).trusted()
  const opened = await openBundle(head?.signed ?? '', keys, { tenant: slug, version: 0, sha256: null })
  if (isBundleFault(opened)) throw new Error(opened.detail)
  return { bundle: opened.bundle, sizeBytes: head?.signed.length ?? 0 }
}

function tokenFor(
  { slug }: World,
  agent: EnrolledAgent,
  sessionKey = generateKeyPem().privateKey,
): Promise<string> {
  const issuer = `${ORIGIN}/t/${slug}/oauth`
  const session = createAgentSession({
    issuer,
    tokenEndpoint: `${issuer}/token`,
    agentId: agent.id,
    identityKey: agent.identityKey,
    sessionKey,
    ports: agentPorts(plane),
  })
  return session.accessToken()
}

const claimsIn = (token: string): { readonly sid: string; readonly epo: { readonly a: number } } =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))

describe('an agent with more sessions than a bundle could name', () => {
  it('is revoked all the same', async () => {
    const world = await newWorld()
    const agent = await enrolledAgent(plane, world.slug, world.key)
    await beginSessions(world, agent, 40_000)
    const answer = await revoke(world, agent)
    expect([answer.status, answer.body.status]).toEqual([200, 'revoked'])
    const { bundle } = await bundleOf(world)
    expect([bundle.agents, bundle.revokedSessions]).toEqual([[], []])
  })

  it('may enrol again, which ends them by its epoch', async () => {
    const world = await newWorld()
    const agent = await enrolledAgent(plane, world.slug, world.key)
    await beginSessions(world, agent, 40_000)
    await reEnrol(world, agent)
    const { bundle } = await bundleOf(world)
    expect([bundle.agents[0]?.epoch, bundle.revokedSessions]).toEqual([1, []])
  })
})

async function reEnrol(world: World, agent: EnrolledAgent): Promise<void> {
  const invitation = await plane.ask('POST', `/api/v1/agents/${agent.id}/enrolment-tokens`, {
    key: world.key,
  })
  await enrolAgent({
    endpoint: `${ORIGIN}/t/${world.slug}/enrol`,
    token: invitation.body.token,
    identityKey: generateKeyPem().privateKey,
    ports: agentPorts(plane),
  })
}

describe('a session that was ended by itself', () => {
  it('is named, because nothing else ends its tokens', async () => {
    const world = await newWorld()
    const agent = await enrolledAgent(plane, world.slug, world.key)
    const { sid } = claimsIn(await tokenFor(world, agent))
    await endSession(world, sid)
    await plane.ask('POST', '/api/v1/access-groups', { key: world.key, body: { name: 'edit' } })
    expect((await bundleOf(world)).bundle.revokedSessions).toEqual([sid])
  })
})

describe('a human whose agents have more ended sessions than their share of a bundle', () => {
  it('crowds nobody out: their agents get a new epoch, and what goes on goes on', async () => {
    const world = await newWorld()
    const other = await enrolledAgent(plane, world.slug, world.key)
    const { id: human } = await newHuman(plane, world.key)
    const agents = await Promise.all(
      Array.from({ length: 11 }, () => enrolledAgent(plane, world.slug, world.key, human)),
    )
    const kept = claimsIn(await tokenFor(world, other)).sid
    await endSession(world, kept)
    const key = generateKeyPem().privateKey
    const living = await tokenFor(world, agents[0]!, key)
    for (const agent of agents) await endedSessions(world, agent, 100)
    const named = async () => {
      await plane.ask('POST', '/api/v1/access-groups', { key: world.key, body: { name: nameOf() } })
      return (await bundleOf(world)).bundle
    }
    const { revokedSessions, agents: told } = await named()
    const epochOf = (one: EnrolledAgent) => told.find(({ id }) => id === one.id)?.epoch
    expect([revokedSessions, epochOf(other), agents.map(epochOf)]).toEqual([[kept], 0, agents.map(() => 1)])
    expect(claimsIn(await tokenFor(world, agents[0]!, key))).toMatchObject({
      sid: claimsIn(living).sid,
      epo: { a: 1 },
    })
    await endSession(world, claimsIn(living).sid)
    expect((await named()).revokedSessions).toEqual([kept, claimsIn(living).sid].toSorted())
  })
})

describe('the sessions of an agent', () => {
  it('are a hundred at most, however many ask at once, and old ones make room', async () => {
    const world = await newWorld()
    const agent = await enrolledAgent(plane, world.slug, world.key)
    await beginSessions(world, agent, 95)
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => tokenFor(world, agent)))
    const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(refused).toHaveLength(3)
    for (const reason of refused) expect(reason).toMatchObject({ status: 429, error: 'slow_down' })
    await plane.app
      .get(Tenancy)
      .runById(world.tenant, (db) =>
        db.rows(
          `update writ.sessions set last_token_at = now() - interval '11 minutes' where tenant_id = $1 and agent_id = $2`,
          [agent.id],
        ),
      )
    expect(await tokenFor(world, agent)).toMatch(/^ey/)
  })
})

describe('a bundle that is full', () => {
  it('takes no more, and every edit that takes away', async () => {
    const world = await newWorld()
    const ask = (method: string, path: string, body?: object) =>
      plane.ask(method, `/api/v1/${path}`, { key: world.key, ...(body && { body }) })
    const agent = await enrolledAgent(plane, world.slug, world.key)
    const moved = await enrolledAgent(plane, world.slug, world.key)
    const group = (await ask('POST', 'access-groups', { name: 'quarantine' })).body
    const added = await fill(ask, world.defaultGroup)
    const { sizeBytes } = await bundleOf(world)
    expect(sizeBytes).toBeGreaterThan(MAX_BUNDLE_BYTES - 32 * 1024)
    expect((await ask('PUT', `agents/${moved.id}/groups`, { groups: [group.id] })).status).toBe(200)
    expect((await ask('DELETE', `access-groups/${group.id}`)).status).toBe(204)
    expect((await revoke(world, agent)).status).toBe(200)
    expect((await ask('DELETE', `policies/${added}`)).status).toBe(204)
    expect((await bundleOf(world)).sizeBytes).toBeLessThan(sizeBytes)
  })
})

type Ask = (method: string, path: string, body?: object) => ReturnType<ControlPlane['ask']>

/** Adds policies, large ones first, until not even a small one is taken. @returns one of them */
async function fill(ask: Ask, group: string): Promise<string> {
  let last = ''
  for (const values of [40, 5, 1]) {
    for (;;) {
      const answer = await ask('POST', 'policies', {
        name: nameOf(),
        document: documentOf(values),
        groups: [group],
      })
      if (answer.status !== 201) {
        expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining('1 MiB')])
        break
      }
      last = answer.body.id
    }
  }
  return last
}

const nameOf = (): string => randomBytes(6).toString('hex')

const documentOf = (values: number) => ({
  writ: 1,
  rules: [
    {
      id: 'flag-it',
      effect: 'flag',
      when: {
        path: 'args.x',
        op: 'in',
        value: Array.from({ length: values }, () => randomBytes(1500).toString('hex')),
      },
      reason: 'r',
    },
  ],
})
