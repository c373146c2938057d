import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { administrationsOf } from '../testing/administrations.ts'
import { Browser } from '../testing/browser.ts'
import { givenControlPlane, OPERATOR_KEY, ORIGIN } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let nowMs = Date.now()
let slug: string
let key: string

beforeAll(async () => {
  plane = await givenControlPlane({ clock: { nowMs: () => nowMs } })
})
afterAll(() => plane?.close())
beforeEach(async () => {
  nowMs = Date.now()
  const { tenant, ownerKey } = await plane.newTenant()
  ;[slug, key] = [tenant.slug, ownerKey.key]
})

const newBrowser = () => new Browser((url) => url.replace(ORIGIN, plane.url))
const newLink = (body: unknown = {}, to = slug, as = OPERATOR_KEY) =>
  plane.ask('POST', `/api/v1/tenants/${to}/owner-links`, { key: as, body })
const open = async (browser: Browser, url: string) => browser.submit(await browser.visit(url))
const sessionOf = (browser: Browser) => browser.cookie(ORIGIN, 'writ')
const at = (to: string, text: string) => `${ORIGIN}/t/${to}/owner-link?token=${encodeURIComponent(text)}`
const over = { status: 403, text: expect.stringContaining('This link is over') }

/** What a record says of a human is for whoever may open it. */
const SEALED = expect.objectContaining({ ct: expect.any(String), key: expect.stringMatching(/^sub_/) })

describe('an owner link', () => {
  it('signs one browser in as an owner, fresh enough to open doors', async () => {
    const { status, body } = await newLink()
    expect(status).toBe(201)
    const browser = newBrowser()
    const shown = await open(browser, body.url)
    expect([shown.status, shown.url.pathname]).toEqual([200, `/t/${slug}/me`])
    expect(shown.text).toContain('Signed in as Owner')
    const headers = {
      cookie: `writ=${sessionOf(browser)}`,
      'x-writ': '1',
      origin: ORIGIN,
      'sec-fetch-site': 'same-origin',
    }
    const made = await plane.ask('POST', '/api/v1/api-keys', {
      headers,
      body: { name: 'mine', role: 'auditor' },
    })
    expect(made.status).toBe(201)
    const [latest] = await administrationsOf(plane, slug)
    expect(latest?.by).toEqual({ kind: 'human', id: body.human, name: SEALED })
  })

  it('works once', async () => {
    const { body } = await newLink()
    await open(newBrowser(), body.url)
    const second = newBrowser()
    expect(await open(second, body.url)).toMatchObject(over)
    expect(sessionOf(second)).toBeUndefined()
  })

  it('works once also when two browsers use it at the same moment', async () => {
    const { body } = await newLink()
    const shown = await Promise.all([1, 2, 3, 4].map(() => open(newBrowser(), body.url)))
    expect(shown.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403, 403, 403])
  })

  it('is not used up by looking at it', async () => {
    const { body } = await newLink()
    for (let times = 0; times < 3; times += 1) await newBrowser().visit(body.url)
    expect((await open(newBrowser(), body.url)).status).toBe(200)
  })

  it('is over after ten minutes', async () => {
    const { body } = await newLink()
    nowMs += 600_001
    expect(await open(newBrowser(), body.url)).toMatchObject(over)
  })

  it('is one answer whatever is wrong with it: secret, id, tenant, page', async () => {
    const { body } = await newLink()
    const { tenant } = await plane.newTenant()
    const token = new URL(body.url).searchParams.get('token') ?? ''
    const wrong = [
      at(slug, `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`),
      at(slug, `wol_${'0'.repeat(26)}.${token.split('.')[1]}`),
      at(slug, ''),
      at(slug, '"><script>alert(1)</script>'),
      at(tenant.slug, token),
      at('nobody-at-all', token),
    ]
    const texts = await Promise.all(wrong.map(async (url) => (await open(newBrowser(), url)).text))
    expect(new Set(texts).size).toBe(1)
    const elsewhere = await newBrowser().visit(`${ORIGIN}/t/${slug}/owner-link`, {
      method: 'POST',
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      body: new URLSearchParams({ token }),
    })
    expect(elsewhere).toMatchObject(over)
    expect((await open(newBrowser(), body.url)).status).toBe(200)
  })

  it('shows nothing of what stands in it as markup', async () => {
    const shown = await newBrowser().visit(
      `${ORIGIN}/t/${slug}/owner-link?token=${encodeURIComponent('"><script>')}`,
    )
    expect(shown.text).not.toContain('<script>')
    expect(shown.text).toContain('&quot;&gt;&lt;script&gt;')
  })

  it('is made by the operator alone, and the token is in no log and no record', async () => {
    expect((await newLink({}, slug, key)).status).toBe(401)
    expect((await newLink({}, 'nobody-at-all')).status).toBe(404)
    const { body } = await newLink()
    const secret = (new URL(body.url).searchParams.get('token') ?? '').split('.')[1] ?? ''
    await open(newBrowser(), body.url)
    const records = await administrationsOf(plane, slug)
    expect(records[0]).toMatchObject({ by: { kind: 'human', id: body.human, name: SEALED } })
    expect(records[1]).toMatchObject({ by: { kind: 'operator' }, target: body.human })
    for (const text of [plane.logged(), JSON.stringify(records)]) expect(text).not.toContain(secret)
  })

  it('is for the owner that is there, or for the human that the operator names', async () => {
    const first = await newLink()
    expect((await newLink()).body.human).toBe(first.body.human)
    const { body: ada } = await plane.ask('POST', '/api/v1/humans', {
      key,
      body: { name: 'Ada', email: 'a@b.example' },
    })
    expect((await newLink({ human: ada.id })).body.human).toBe(ada.id)
    expect((await plane.ask('GET', `/api/v1/humans/${ada.id}`, { key })).body.roles).toEqual(['owner'])
    await plane.ask('POST', `/api/v1/humans/${ada.id}/suspend`, { key })
    expect((await newLink({ human: ada.id })).status).toBe(404)
  })
})
