import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { rawPublicKey } from '@writ/audit'
import { createLocalKeyProvider } from '@writ/credentials'
import { PlatformQueries } from '@writ/postgres'
import type { PlatformKey } from '@writ/postgres'
import { Faults } from '../faults.ts'
import { MasterKey } from '../tenancy/master-key.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode, newNodeKey } from '../testing/nodes.ts'
import { BundleKeys } from './bundle-keys.ts'

let plane: ControlPlane

beforeAll(async () => {
  plane = await givenControlPlane()
})
afterAll(() => plane?.close())

const purpose = 'bundle-signing'
const trusted = async () => (await joinedNode(plane)).bundleKeys

/** As another control plane does on the same database. */
async function started(masterKey: MasterKey = plane.app.get(MasterKey)): Promise<BundleKeys> {
  const keys = new BundleKeys(plane.app.get(PlatformQueries), masterKey, plane.app.get(Faults))
  await keys.onModuleInit()
  return keys
}

describe('a bundle key that somebody wrote into the database', () => {
  it('is trusted by no gateway, is said once, and stops no start', async () => {
    const platform = plane.app.get(PlatformQueries)
    const [own] = await trusted()
    const publicKey = rawPublicKey(newNodeKey())
    const sealed: Pick<PlatformKey, 'sealedPrivate'>[] = [
      { sealedPrivate: randomBytes(80) },
      ...(await platform.platformKeys(purpose)),
      ...(await platform.platformKeys('administration')),
    ]
    for (const [at, { sealedPrivate }] of sealed.entries())
      await platform.addPlatformKey({ kid: `bundle:forged-${at}`, purpose, publicKey, sealedPrivate })
    await plane.query(`update writ.platform_keys set created_at = 'epoch' where public_key = $1`, [publicKey])
    for (const _ of [1, 2]) expect(await trusted()).toEqual([own])
    expect(plane.logged().split('the bundle key bundle:forged-0 ')).toHaveLength(2)
    expect((await started()).signer.kid).toBe(own?.kid)
  })

  it('is trusted no more when it stands in the place of the public half of ours', async () => {
    const [own] = await trusted()
    const write = (key: string | undefined) =>
      plane.query('update writ.platform_keys set public_key = $1 where kid = $2', [key, own?.kid])
    await write(rawPublicKey(newNodeKey()))
    expect(await plane.app.get(BundleKeys).trusted()).toEqual([])
    await write(own?.publicKey)
    expect(await trusted()).toEqual([own])
  })
})

describe('a start under another master key', () => {
  it('is none: a key of its own would be one that no gateway trusts', async () => {
    const before = await plane.app.get(PlatformQueries).platformKeys(purpose)
    await expect(started(createLocalKeyProvider(randomBytes(32)))).rejects.toThrow(
      'no bundle-signing key opens under this master key',
    )
    expect(await plane.app.get(PlatformQueries).platformKeys(purpose)).toEqual(before)
  })
})
