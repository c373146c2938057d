import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { sealBundle } from '@writ/bundle'
import { Client } from 'pg'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import { openedBundle } from '../testing/worlds.ts'
import { Remint } from './remint.ts'

jest.setTimeout(30_000)

let plane: ControlPlane
let owner: Client

beforeAll(async () => {
  plane = await givenControlPlane()
  owner = new Client({ connectionString: plane.ownerUrl })
  await owner.connect()
})
afterAll(async () => {
  await owner?.end()
  await plane?.close()
})

/** A bundle as a release before made it: with a class that is no class any more. */
const makeOld = (signed: string): string => {
  const [header, payload = '', signature] = signed.split('.')
  const bundle = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  const old = { ...bundle, connections: [{ ...bundle.connections[0], toolClasses: { drop: 'delete' } }] }
  return [header, Buffer.from(JSON.stringify(old)).toString('base64url'), signature].join('.')
}

function unsealed(signed: string): string {
  const [header, payload = '', signature] = signed.split('.')
  const bundle = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  for (const human of bundle.humans) delete human.subject
  return [header, Buffer.from(JSON.stringify(bundle)).toString('base64url'), signature].join('.')
}

/** The same bundle, under the name of our key. */
function forged(signed: string): Promise<string> {
  const [header = '', payload = ''] = signed
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString('utf8'))
  return sealBundle(JSON.parse(payload), {
    kid: JSON.parse(header).kid,
    privateKey: generateKeyPairSync('ed25519').privateKey,
  })
}

describe('starting after an upgrade', () => {
  it('makes bundles anew that nobody can read any more, and leaves the others', async () => {
    const node = await joinedNode(plane)
    const [{ tenant: old }, { tenant: current }] = [await plane.newTenant(), await plane.newTenant()]
    const { rows } = await owner.query('select signed from writ.bundles where tenant_id = $1', [old.id])
    await owner.query('update writ.bundles set signed = $2 where tenant_id = $1', [
      old.id,
      makeOld(rows[0].signed),
    ])
    const before = (await openedBundle(node, current.slug)).bundle.version
    await plane.app.get(Remint).onApplicationBootstrap()
    expect((await openedBundle(node, old.slug)).bundle.version).toBe(2)
    expect((await openedBundle(node, current.slug)).bundle.version).toBe(before)
  })

  it.each([
    ['is damaged', () => 'rubbish'],
    ['was signed by somebody else', forged],
  ])('makes a bundle anew that %s, and starts', async (_, change) => {
    const node = await joinedNode(plane)
    const { tenant } = await plane.newTenant()
    const { rows } = await owner.query('select signed from writ.bundles where tenant_id = $1', [tenant.id])
    await owner.query('update writ.bundles set signed = $2 where tenant_id = $1', [
      tenant.id,
      await change(rows[0].signed),
    ])
    await plane.app.get(Remint).onApplicationBootstrap()
    expect((await openedBundle(node, tenant.slug)).bundle.version).toBe(2)
  })

  it('gives names their seal in bundles of before names were sealed', async () => {
    const node = await joinedNode(plane)
    const { tenant, ownerKey } = await plane.newTenant()
    await plane.ask('POST', '/api/v1/humans', {
      key: ownerKey.key,
      body: { name: 'Ada', email: 'ada@mail-host.example' },
    })
    const { rows } = await owner.query('select version, signed from writ.bundles where tenant_id = $1', [
      tenant.id,
    ])
    for (const { version, signed } of rows)
      await owner.query('update writ.bundles set signed = $3 where tenant_id = $1 and version = $2', [
        tenant.id,
        version,
        unsealed(signed),
      ])
    await plane.app.get(Remint).onApplicationBootstrap()
    const [human] = (await openedBundle(node, tenant.slug)).bundle.humans
    expect(human?.subject?.name.ct).toMatch(/^[\w-]+$/)
  })
})
