import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'

jest.setTimeout(60_000)

const LIMITS = {
  tenants: { all: 4, each: 2 },
  sources: { all: 40, each: 6 },
  doors: { all: 40, each: 3 },
  nodes: { all: 4, each: 4 },
  large: { all: 2, each: 2 },
  devices: { all: 4, each: 2 },
  uploads: { all: 2, each: 1 },
}

let plane: ControlPlane
let [a, b] = [
  { slug: '', key: '' },
  { slug: '', key: '' },
]
let open: Socket[] = []

beforeAll(async () => {
  plane = await givenControlPlane({ bodies: LIMITS })
  const tenants = [await plane.newTenant(), await plane.newTenant()]
  ;[a = a, b = b] = tenants.map(({ tenant, ownerKey }) => ({ slug: tenant.slug, key: ownerKey.key }))
})
afterEach(async () => {
  for (const socket of open) socket.destroy()
  open = []
  await eventually(async () => (await begin(a.slug, `/t/${a.slug}/oauth/token`)) === 'read')
  for (const socket of open) socket.destroy()
  open = []
})
afterAll(() => plane?.close())

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((wait) => setTimeout(wait, 20))
}

/** Begins a request whose body never comes. @returns what is answered at once; `read` when the body is waited for */
async function begin(_: string, path: string, key?: string): Promise<string> {
  const { hostname, port } = new URL(plane.url)
  const socket = connect(Number(port), hostname)
  open.push(socket)
  const type = path.startsWith('/t/') ? 'application/x-www-form-urlencoded' : 'application/json'
  const authorization = key === undefined ? '' : `authorization: Bearer ${key}\r\n`
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: x\r\n${authorization}content-type: ${type}\r\ncontent-length: 100\r\n\r\n{`,
  )
  return new Promise((answered) => {
    socket.once('data', (data) => answered(String(data)))
    socket.once('error', () => answered('lost'))
    setTimeout(() => answered('read'), 400)
  })
}

const beginMany = (count: number, path: string, key?: string): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => begin('', path, key)))

const refusedOf = (answers: readonly string[]) => answers.filter((answer) => answer !== 'read')

describe('a flood of bodies that never come', () => {
  it('at one tenant is refused, and the tokens of another are given out meanwhile', async () => {
    const refused = refusedOf(await beginMany(8, `/t/${a.slug}/oauth/token`))
    expect(refused).toHaveLength(5)
    for (const answer of refused) {
      expect(answer).toMatch(/^HTTP\/1\.1 503 /)
      expect(answer).toMatch(/\r\nretry-after: 1\r\n/i)
    }
    const asking = { body: 'grant_type=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    const other = await plane.ask('POST', `/t/${b.slug}/oauth/token`, asking)
    expect([other.status, other.body.error]).not.toContain(503)
    expect(other.status).toBeLessThan(500)
  })

  it('from one address ends at its bound, whatever tenants it names', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) => begin('', `/t/nobody-${at}/oauth/token`)),
    )
    expect(refusedOf(answers)).toHaveLength(4)
  })

  it('by a key is refused to its tenant, and not to another', async () => {
    expect(refusedOf(await beginMany(5, '/api/v1/access-groups', a.key))).toHaveLength(3)
    const other = await plane.ask('POST', '/api/v1/access-groups', { key: b.key, body: { name: 'calm' } })
    expect(other.status).toBe(201)
    expect((await plane.ask('GET', '/api/v1/tenant', { key: a.key })).status).toBe(200)
  })

  it('is over when the clients are gone', async () => {
    await beginMany(8, '/api/v1/access-groups', a.key)
    for (const socket of open) socket.destroy()
    await eventually(
      async () =>
        (await plane.ask('POST', '/api/v1/access-groups', { key: a.key, body: { name: `n${Date.now()}` } }))
          .status === 201,
    )
    expect(await plane.ask('GET', '/healthz')).toMatchObject({ status: 200 })
  })
})
