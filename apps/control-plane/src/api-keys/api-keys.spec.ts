import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { Role } from '@writ/contracts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'

const MINUTE_MS = 60_000

jest.setTimeout(60_000)

let plane: ControlPlane
let nowMs = Date.now()
let owner: string

beforeAll(async () => {
  plane = await givenControlPlane({ clock: { nowMs: () => nowMs } })
  owner = (await plane.newTenant()).ownerKey.key
})
afterAll(() => plane?.close())

const make = (body: object) => plane.ask('POST', '/api/v1/api-keys', { key: owner, body })
const view = async (id: string) => (await plane.ask('GET', `/api/v1/api-keys/${id}`, { key: owner })).body
const look = async (key: string) => (await plane.ask('GET', '/api/v1/tenant', { key })).status

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((wait) => setTimeout(wait, 20))
}

describe('an API key', () => {
  it.each(Role.options)('may have the role %s', async (role) => {
    const { status, body } = await make({ name: role, role })
    expect([status, body.role, await look(body.key)]).toEqual([201, role, 200])
  })

  it('counts until it expires', async () => {
    const expiresAt = new Date(nowMs + 10 * MINUTE_MS).toISOString()
    const { body } = await make({ name: 'for a while', role: 'auditor', expiresAt })
    expect([body.expiresAt, await look(body.key)]).toEqual([expiresAt, 200])
    nowMs += 10 * MINUTE_MS
    expect(await look(body.key)).toBe(401)
  })

  it('does not begin expired', async () => {
    const expiresAt = new Date(nowMs - 1).toISOString()
    expect((await make({ name: 'late', role: 'auditor', expiresAt })).status).toBe(400)
  })

  it('says when it was last used, to the minute', async () => {
    const { body } = await make({ name: 'used', role: 'auditor' })
    expect(body.lastUsedAt).toBeNull()
    const used = async () => (await view(body.id)).lastUsedAt
    const first = new Date(nowMs).toISOString()
    await look(body.key)
    await eventually(async () => (await used()) === first)
    nowMs += MINUTE_MS - 1
    await look(body.key)
    expect(await used()).toBe(first)
    nowMs += 4 * MINUTE_MS
    await look(body.key)
    await eventually(async () => (await used()) === new Date(nowMs).toISOString())
  })

  it('is not noted as used when it is wrong', async () => {
    const { body } = await make({ name: 'guessed', role: 'auditor' })
    expect(await look(`${body.id}.${'A'.repeat(43)}`)).toBe(401)
    expect((await view(body.id)).lastUsedAt).toBeNull()
  })

  it('is kept as a hash', async () => {
    const { body } = await make({ name: 'hashed', role: 'auditor' })
    const [, secret = ''] = body.key.split('.')
    expect(await stored()).not.toContain(secret)
  })

  it('belongs to a human of the tenant, if to any', async () => {
    const nobody = await make({ name: 'dev', role: 'developer', human: 'hum_01ARZ3NDEKTSV4RRFFQ69G5FAV' })
    expect(nobody.status).toBe(404)
    const human = { name: 'Ada', email: 'ada@example.test' }
    const ada = await plane.ask('POST', '/api/v1/humans', { key: owner, body: human })
    const hers = await make({ name: 'dev', role: 'developer', human: ada.body.id })
    expect([hers.status, hers.body.human]).toEqual([201, ada.body.id])
  })
})

const revoke = async (key: string, id = key.split('.')[0]) =>
  (await plane.ask('DELETE', `/api/v1/api-keys/${id}`, { key })).status

describe('the last way in for an owner', () => {
  it('is not revoked', async () => {
    const { ownerKey } = await plane.newTenant()
    expect([await revoke(ownerKey.key), await look(ownerKey.key)]).toEqual([409, 200])
  })

  it('is not left to a key that expires', async () => {
    const { ownerKey } = await plane.newTenant()
    const expiresAt = new Date(nowMs + MINUTE_MS).toISOString()
    const body = { name: 'second', role: 'owner', expiresAt }
    await plane.ask('POST', '/api/v1/api-keys', { key: ownerKey.key, body })
    expect(await revoke(ownerKey.key)).toBe(409)
  })

  it('goes when there is another', async () => {
    const { ownerKey } = await plane.newTenant()
    const body = { name: 'second', role: 'owner' }
    const second = await plane.ask('POST', '/api/v1/api-keys', { key: ownerKey.key, body })
    expect(await revoke(second.body.key, ownerKey.id)).toBe(204)
    expect([await look(ownerKey.key), await look(second.body.key)]).toEqual([401, 200])
  })

  it('is left when two owners revoke one another at once', async () => {
    const { ownerKey } = await plane.newTenant()
    const body = { name: 'second', role: 'owner' }
    const second = await plane.ask('POST', '/api/v1/api-keys', { key: ownerKey.key, body })
    const statuses = await Promise.all([
      revoke(ownerKey.key, second.body.id),
      revoke(second.body.key, ownerKey.id),
    ])
    expect(statuses.filter((status) => status === 204)).toHaveLength(1)
  })
})

async function stored(): Promise<string> {
  const rows = await plane.query('select k::text as row from writ.api_keys k')
  return JSON.stringify(rows)
}
