import { createPublicKey } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { TenantId } from '@writ/contracts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { Phantoms } from './phantoms.ts'
import { Tenancy } from './tenancy.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let phantoms: Phantoms

beforeAll(async () => {
  plane = await givenControlPlane()
  phantoms = plane.app.get(Phantoms)
})
afterAll(() => plane?.close())

describe('a tenant that does not exist', () => {
  it('looks the same every time, and like no other', () => {
    expect(phantoms.of('a')).toEqual(phantoms.of('a'))
    expect(phantoms.of('a').id).not.toBe(phantoms.of('b').id)
    expect(TenantId.safeParse(phantoms.of('a').id).success).toBe(true)
  })

  it('has a key set as a young tenant has', async () => {
    const { slug } = (await plane.newTenant()).tenant
    const shapeOf = async (name: string) => {
      const { body } = await plane.ask('GET', `/t/${name}/oauth/jwks`)
      return body.keys.map(({ kid, x, y, ...rest }: Record<string, string>) => [
        rest,
        kid?.replace(/[0-9A-Z]{26}/, ''),
        x?.length,
        y?.length,
      ])
    }
    expect(await shapeOf('nobody-here')).toEqual(await shapeOf(slug))
    const [{ key } = { key: {} }] = phantoms.keysOf('nobody-here')
    expect(createPublicKey({ key, format: 'jwk' }).asymmetricKeyDetails).toMatchObject({
      namedCurve: 'prime256v1',
    })
  })

  it('keeps nothing', async () => {
    const write = plane.app
      .get(Tenancy)
      .run(phantoms.of('nobody-here'), (db) =>
        db.insert('access_groups', { id: 'grp_x', name: 'x', is_default: false }),
      )
    await expect(write).rejects.toMatchObject({ driverError: { code: '23503' } })
  })
})
