import { beforeAll, describe, expect, it } from '@jest/globals'
import { NewConnection } from './api/connections.ts'
import { OutletTarget } from './api/outlets.ts'
import { HumanIdentity } from './api/people.ts'
import { AnyUrl, PlainHttpUrl, urlOf } from './url.ts'

const MUNICH = 'https://münchen.example/mcp'

describe('a URL', () => {
  it.each([
    ['https://a.example', undefined, 'https://a.example/'],
    ['HTTPS://A.example:443/x', undefined, 'https://a.example/x'],
    [MUNICH, undefined, 'https://xn--mnchen-3ya.example/mcp'],
    ['/x?y', 'https://a.example/z', 'https://a.example/x?y'],
    ['urn:x:y', undefined, 'urn:x:y'],
  ])('%s (%s) means %s', (text, base, href) => expect(urlOf(text, base)?.href).toBe(href))

  it.each(['', '/x', 'a.example', 'https://', 'https://a b.example', 'http://a:99999'])(
    '%j is none',
    (text) => {
      expect(urlOf(text)).toBeNull()
      expect(AnyUrl.safeParse(text).success).toBe(false)
      expect(PlainHttpUrl.safeParse(text).success).toBe(false)
    },
  )

  it.each(['https://u@a.example', 'https://:p@a.example', 'https://a.example/#', 'ftp://a.example'])(
    '%s is one, and not a plain one of HTTP',
    (text) => {
      expect(urlOf(text)).not.toBeNull()
      expect(AnyUrl.parse(text)).toBe(text)
      expect(PlainHttpUrl.safeParse(text).success).toBe(false)
    },
  )
})

/** Node 20 then refuses the letters in its `URL.canParse`, wherever it is asked. */
const OFTEN = 20_000

describe('a host with letters of Latin-1', () => {
  beforeAll(() => {
    for (let time = 0; time < OFTEN; time += 1) URL.canParse(MUNICH)
  })

  it('is read alike, however often', () => {
    const seen = new Set<string | undefined>()
    for (let time = 0; time < OFTEN; time += 1) seen.add(urlOf(MUNICH)?.host)
    expect([...seen]).toEqual(['xn--mnchen-3ya.example'])
  })

  it.each([
    ['a connection', NewConnection.shape.url],
    ['a URL', AnyUrl],
  ])('may be that of %s, however often', (_, schema) => {
    let refused = 0
    for (let time = 0; time < OFTEN; time += 1) if (!schema.safeParse(MUNICH).success) refused += 1
    expect(refused).toBe(0)
  })

  it('may be that of an outlet, and of who vouches for a human', () => {
    expect(OutletTarget.safeParse({ kind: 'webhook', url: MUNICH }).success).toBe(true)
    expect(HumanIdentity.safeParse({ issuer: MUNICH, subject: 'x' }).success).toBe(true)
  })
})
