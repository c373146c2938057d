import { randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { generateKeyPem, importPrivatePem, issueAccessToken } from '@writ/identity'
import { Client } from 'pg'
import { TenantSecrets } from '../tenancy/tenant-secrets.ts'
import { enrolledAgent } from '../testing/agents.ts'
import type { EnrolledAgent } from '../testing/agents.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { newestBundle } from '../testing/worlds.ts'
import { claimsOf, CLIENT_CREDENTIALS, draftOf, send } from './negative/draft.suite.ts'

jest.setTimeout(60_000)

type World = {
  readonly id: string
  readonly slug: string
  readonly key: string
  readonly agent: EnrolledAgent
}

let plane: ControlPlane

beforeAll(async () => {
  plane = await givenControlPlane()
})
afterAll(() => plane?.close())

async function givenTenant(): Promise<World> {
  const { tenant, ownerKey } = await plane.newTenant()
  const agent = await enrolledAgent(plane, tenant.slug, ownerKey.key)
  return { id: tenant.id, slug: tenant.slug, key: ownerKey.key, agent }
}

const ask = ({ key }: World, method: string, path: string, body?: unknown) =>
  plane.ask(method, `/api/v1/${path}`, { key, ...(body !== undefined && { body }) })
const edited = (world: World) => ask(world, 'POST', 'access-groups', { name: randomBytes(4).toString('hex') })
const keySet = async ({ slug }: World): Promise<string[]> =>
  (await plane.ask('GET', `/t/${slug}/oauth/jwks`)).body.keys.map(({ kid }: { kid: string }) => kid)
const inBundle = async ({ slug }: World) => (await newestBundle(plane, slug)).issuerKeys.map(({ kid }) => kid)
const listed = async (world: World) =>
  (await ask(world, 'GET', 'signing-keys')).body.keys.map(({ kid }: { kid: string }) => kid)

const issued = ({ slug, agent }: World) =>
  send(
    plane,
    draftOf(slug, agent, {
      sessionKey: generateKeyPem().privateKey,
      parameters: CLIENT_CREDENTIALS,
      atMs: Date.now(),
    }),
  )

const introspected = ({ slug, key }: World, token: string) =>
  plane.ask('POST', `/t/${slug}/oauth/introspect`, {
    key,
    body: new URLSearchParams({ token }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })

const INSERT = `insert into writ.signing_keys (tenant_id, kid, public_jwk, sealed_private, use_after)
  values ($1, $2, $3, $4, now() - interval '1 second')`

/** With the control plane's own login, past every service of it. */
async function inserted(tenant: string, rows: readonly (readonly unknown[])[]): Promise<void> {
  const client = new Client({ connectionString: plane.appUrl })
  await client.connect()
  try {
    await client.query("select set_config('app.tenant_id', $1, false)", [tenant])
    for (const row of rows) await client.query(INSERT, [tenant, ...row])
  } finally {
    await client.end()
  }
}

const sealedKey = async ({ id }: World): Promise<Buffer> => {
  const [row] = await plane.query<{ sealed: Buffer }>(
    'select sealed_private as sealed from writ.signing_keys where tenant_id = $1',
    [id],
  )
  return row!.sealed
}

/** Sealed bytes of the same form that name another data key. */
function underKeyVersion(sealed: Buffer, version: number): Buffer {
  const other = Buffer.from(sealed)
  other.writeUInt32BE(version, 1)
  return other
}

/** A public half of the writer's own beside whatever sealed bytes can be had without the master key. */
async function forgedInto(world: World): Promise<{ kid: string; privateKey: KeyObject }> {
  const { publicJwk, privatePem } = generateKeyPem()
  const sealed = await sealedKey(world)
  const forgeries: [string, Buffer][] = [
    [`${world.id}:2`, sealed],
    [`${world.id}:3`, randomBytes(300)],
    [`${world.id}:4`, Buffer.alloc(0)],
    [`${world.id}:5`, underKeyVersion(sealed, 99)],
    [`${world.id}:6`, underKeyVersion(sealed, 0xff_ff_ff_ff)],
    [`${world.id}|signing_keys`, sealed],
    ['', sealed],
    // The number that counting rows comes to next.
    [`${world.id}:10`, await sealedKey(await givenTenant())],
  ]
  await inserted(
    world.id,
    forgeries.map(([kid, bytes]) => [kid, JSON.stringify(publicJwk), bytes]),
  )
  return { kid: `${world.id}:2`, privateKey: importPrivatePem(privatePem) }
}

describe('a signing key that somebody wrote into the database', () => {
  let world: World
  let forged: { kid: string; privateKey: KeyObject }
  const own = () => [`${world.id}:1`]

  beforeAll(async () => {
    world = await givenTenant()
    forged = await forgedInto(world)
  })

  it('comes into no bundle', async () => {
    expect((await edited(world)).status).toBe(201)
    expect(await inBundle(world)).toEqual(own())
  })

  it('comes into no key set, and no list', async () => {
    expect(await keySet(world)).toEqual(own())
    expect(await listed(world)).toEqual(own())
  })

  it('signs nothing, and what it signed counts for nothing', async () => {
    const got = await issued(world)
    const token = String(got.body.access_token)
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid).toBe(own()[0])
    expect((await introspected(world, token)).body.active).toBe(true)
    const other = issueAccessToken(claimsOf(got), forged)
    expect((await introspected(world, other)).body).toEqual({ active: false })
  })

  it('is said once', async () => {
    for (const _ of [1, 2]) expect((await edited(world)).status).toBe(201)
    const said = plane.logged().split(`the signing key ${forged.kid} of ${world.slug} `).length - 1
    expect(said).toBe(1)
  })

  it('holds up no rotation, whichever number it took', async () => {
    const rotated = await ask(world, 'POST', 'signing-keys/rotate', { when: 'now' })
    expect(rotated.status).toBe(200)
    const [, fresh] = rotated.body.keys.map(({ kid }: { kid: string }) => kid)
    expect(await keySet(world)).toEqual([fresh])
    expect(await inBundle(world)).toEqual([fresh])
  })
})

describe('the public half of a signing key', () => {
  it('counts only beside the private half that was sealed with it', async () => {
    const world = await givenTenant()
    const before = (await newestBundle(plane, world.slug)).issuerKeys
    const write = (jwk: unknown) =>
      plane.query('update writ.signing_keys set public_jwk = $1 where tenant_id = $2', [
        JSON.stringify(jwk),
        world.id,
      ])
    const { publicJwk } = generateKeyPem()
    await write(publicJwk)
    expect((await plane.ask('GET', `/t/${world.slug}/oauth/jwks`)).text).not.toContain(publicJwk.x)
    expect((await edited(world)).status).toBe(500)
    expect((await newestBundle(plane, world.slug)).issuerKeys).toEqual(before)
    await write(before[0]?.key)
    expect((await edited(world)).status).toBe(201)
    expect(await keySet(world)).toEqual([before[0]?.kid])
  })
})

describe('a bundle', () => {
  it('is minted without opening a key again, and with a retired key for as long as what it signed lives', async () => {
    const world = await givenTenant()
    await ask(world, 'POST', 'signing-keys/rotate', {})
    const opened = jest.spyOn(plane.app.get(TenantSecrets), 'openSigningKey')
    for (const _ of [1, 2, 3]) expect((await edited(world)).status).toBe(201)
    expect(opened).not.toHaveBeenCalled()
    opened.mockRestore()
    expect(await inBundle(world)).toEqual([`${world.id}:1`, `${world.id}:2`])
  })

  it('is not minted while nobody can tell which keys are ours: no agent is stopped by that', async () => {
    const world = await givenTenant()
    const away = jest
      .spyOn(plane.app.get(TenantSecrets), 'openSigningKey')
      .mockRejectedValueOnce(new Error('the master key is away'))
    expect((await ask(world, 'POST', 'signing-keys/rotate', {})).status).toBe(500)
    away.mockRestore()
    expect(await inBundle(world)).toEqual([`${world.id}:1`])
    expect((await ask(world, 'POST', 'signing-keys/rotate', {})).status).toBe(200)
    expect(await inBundle(world)).toEqual([`${world.id}:1`, `${world.id}:2`])
  })
})
