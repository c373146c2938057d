import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { MAX_PACKAGES_BYTES } from '@writ/bundle'
import { BundleHooks, HOOKS_BY_DEFAULT, HooksChange } from '@writ/contracts'
import { administrationsOf } from '../testing/administrations.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { givenWorld, newestBundle } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'
import { PACKAGES } from './wire.fixture.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let acme: World

beforeAll(async () => {
  plane = await givenControlPlane()
})
afterAll(() => plane?.close())

async function givenAcme(): Promise<void> {
  acme = await givenWorld(plane)
}
const hooks = async () => (await newestBundle(plane, acme.slug)).hooks
const change = (body: object) => acme.ask('PATCH', 'tenant/hooks', body)
const set = (body: object) => acme.ask('PUT', 'tenant/packages', body)

describe('how devices act', () => {
  beforeAll(givenAcme)

  it('is the default until somebody sets it', async () => {
    expect((await acme.ask('GET', 'tenant/hooks')).body).toEqual(HOOKS_BY_DEFAULT)
    expect(await hooks()).toEqual(HOOKS_BY_DEFAULT)
  })

  it('is in the next bundle once it is set, and the rest stays as it was', async () => {
    await change({ offlineSeconds: 600, packages: { deny: ['npm/left-pad'] } })
    const answer = await change({ mode: 'observe', packages: { coolDownHours: 0 } })
    const expected = {
      ...HOOKS_BY_DEFAULT,
      mode: 'observe',
      offlineSeconds: 600,
      packages: { ...HOOKS_BY_DEFAULT.packages, deny: ['npm/left-pad'], coolDownHours: 0 },
    }
    expect([answer.status, answer.body]).toEqual([200, expected])
    expect(await hooks()).toEqual(expected)
    expect((await acme.ask('GET', 'tenant/hooks')).body).toEqual(expected)
  })

  it('loses none of many changes at once', async () => {
    await Promise.all([
      change({ mode: 'enforce' }),
      change({ unknown: 'deny' }),
      change({ offlineSeconds: 60 }),
      change({ packages: { allow: ['npm/@acme/*'] } }),
    ])
    expect(await hooks()).toMatchObject({
      mode: 'enforce',
      unknown: 'deny',
      offlineSeconds: 60,
      packages: { allow: ['npm/@acme/*'] },
    })
  })

  it('is on the record', async () => {
    await change({ unknown: 'allow' })
    const [event] = await administrationsOf(plane, acme.slug)
    expect(event).toMatchObject({
      permission: 'policies.write',
      route: 'PATCH /api/v1/tenant/hooks',
      before: { unknown: 'deny' },
      after: { unknown: 'allow' },
    })
  })

  it.each([
    ['a mode that there is not', { mode: 'off' }],
    ['a month and a day without word', { offlineSeconds: 31 * 86_400 }],
    ['the hash of a document, which comes with the document', { packages: { intelligence: '0'.repeat(64) } }],
    ['a list of more than a thousand', { packages: { deny: Array.from({ length: 1001 }, () => 'npm/x') } }],
    ['something else', { color: 'red' }],
  ])('is not set to %s', async (_, body) => {
    const before = await hooks()
    expect((await change(body)).status).toBe(400)
    expect(await hooks()).toEqual(before)
  })

  it('can be set in each of its parts', () => {
    const { packages, ...rest } = BundleHooks.shape
    expect(Object.keys(HooksChange.shape).sort()).toEqual([...Object.keys(rest), 'packages'].sort())
    const settable = Object.keys(packages.unwrap().shape).filter((name) => name !== 'intelligence')
    expect(Object.keys(HooksChange.shape.packages.unwrap().shape).sort()).toEqual(settable.sort())
  })
})

describe('package intelligence', () => {
  beforeAll(givenAcme)

  it('is named by the bundle from the moment when it is set', async () => {
    expect((await acme.ask('GET', 'tenant/packages')).body.sha256).toBeNull()
    const { status, body } = await set(PACKAGES)
    expect([status, body]).toEqual([
      200,
      {
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        title: 'of the spec',
        sizeBytes: JSON.stringify(PACKAGES).length,
        setAt: expect.any(String),
        setBy: expect.stringMatching(/^wak_/),
      },
    ])
    expect((await hooks()).packages.intelligence).toBe(body.sha256)
    expect((await acme.ask('GET', 'tenant/packages')).body).toEqual(body)
  })

  it('stays when something else about devices is changed', async () => {
    const { intelligence } = (await hooks()).packages
    await change({ mode: 'observe', packages: { deny: [] } })
    expect((await hooks()).packages.intelligence).toBe(intelligence)
  })

  it('is kept for the bundle before, and not for all before that', async () => {
    for (const title of ['one', 'two', 'three', 'four']) await set({ ...PACKAGES, title })
    const rows = await plane.query<{ title: string }>(
      'select title from writ.package_documents where tenant_id = $1 order by set_at',
      [acme.tenant],
    )
    expect(rows.map(({ title }) => title)).toEqual(['three', 'four'])
  })

  it('is on the record by its hash, and so is its end', async () => {
    const { body } = await set({ ...PACKAGES, title: 'recorded' })
    expect((await acme.ask('DELETE', 'tenant/packages')).status).toBe(204)
    const [removed, added] = await administrationsOf(plane, acme.slug)
    expect(added).toMatchObject({ route: 'PUT /api/v1/tenant/packages', after: { sha256: body.sha256 } })
    expect(removed).toMatchObject({ before: { sha256: body.sha256 }, after: { sha256: null } })
    expect((await hooks()).packages.intelligence).toBeNull()
  })

  it.each([
    ['of another format', { ...PACKAGES, format: 'writ.packages.v2' }, 400],
    ['with something else in it', { ...PACKAGES, run: 'me' }, 400],
    ['of more than 8 MiB', { ...PACKAGES, title: 'x'.repeat(MAX_PACKAGES_BYTES) }, 413],
  ])('%s is refused', async (_, body, status) => {
    expect((await set(body)).status).toBe(status)
    expect((await hooks()).packages.intelligence).toBeNull()
  })

  it('of a size that no other body may have is taken', async () => {
    const popular = Array.from({ length: 20_000 }, (_, n) => `package-${n}-${'x'.repeat(80)}`)
    const large = { ...PACKAGES, ecosystems: { npm: { malicious: '', popular } } }
    expect((await set(large)).status).toBe(200)
    expect((await hooks()).packages.intelligence).toMatch(/^[0-9a-f]{64}$/)
  })
})
