import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { DiscoveryService } from '@nestjs/core'
import { routesIn } from '../openapi/routes.ts'
import type { Route } from '../openapi/routes.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let known: string
let routes: Route[]

beforeAll(async () => {
  plane = await givenControlPlane()
  known = (await plane.newTenant()).tenant.slug
  routes = routesIn(plane.app.get(DiscoveryService)).filter(
    ({ access, path }) => (access === 'public' || access === 'directory') && path.includes(':slug'),
  )
})
afterAll(() => plane?.close())

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const NONSENSE: readonly { readonly body?: string; readonly headers?: Record<string, string> }[] = [
  {},
  { body: '{}', headers: { 'content-type': 'application/json' } },
  { body: 'grant_type=client_credentials&client_assertion=a.b.c', headers: { ...FORM, dpop: 'a.b.c' } },
  { body: 'token=x', headers: FORM },
]

/** What an outsider can compare: all of an answer but what names the request itself, and the date. */
async function comparable(route: Route, slug: string, sent: (typeof NONSENSE)[number]): Promise<string> {
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => (name === 'slug' ? slug : 'x'))
  const asking = route.method === 'get' ? { ...(sent.headers && { headers: sent.headers }) } : sent
  const answer: Answer = await plane.ask(route.method.toUpperCase(), path, asking)
  const headers = [...answer.headers].filter(
    ([name]) => !['date', 'dpop-nonce', 'content-length'].includes(name),
  )
  const names = [...answer.headers.keys()].includes('dpop-nonce')
  // The keys of a key set differ as those of two tenants do.
  const text = route.path.endsWith('/jwks')
    ? answer.text.replaceAll(/ten_[0-9A-Z]{26}|[\w-]{43}/g, '<own>')
    : answer.text
  return JSON.stringify([answer.status, headers, names, text]).replaceAll(slug, '<slug>')
}

/** Without a session, of any tenant: what a human sees, whose tenant has no identity provider. */
describe('whoever knows no secret of a tenant', () => {
  it('cannot tell by any route whether there is one of that name', async () => {
    const telling: string[] = []
    for (const route of routes)
      for (const sent of NONSENSE) {
        const [there, nowhere] = [
          await comparable(route, known, sent),
          await comparable(route, 'nobody-here', sent),
        ]
        if (there !== nowhere)
          telling.push(`${route.method} ${route.path}: ${there.slice(0, 200)} / ${nowhere.slice(0, 200)}`)
      }
    expect(routes.length).toBeGreaterThan(10)
    expect([...new Set(telling)]).toEqual([])
  })
})
