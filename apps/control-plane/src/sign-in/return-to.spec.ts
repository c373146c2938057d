import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { returnTo } from './return-to.ts'

const ORIGIN = 'https://writ.example'
const back = (asked?: string) => returnTo(asked, ORIGIN, '/t/acme/me')

describe('the way back after signing in', () => {
  it('is a path of our own', () => {
    expect(back('/t/acme/oauth/device?user_code=ABCD-EFGH')).toBe('/t/acme/oauth/device?user_code=ABCD-EFGH')
    expect(back(undefined)).toBe('/t/acme/me')
  })

  it('is never somewhere else, however that is written', () => {
    const elsewhere = [
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example/',
      '\\\\evil.example',
      '/\t/evil.example',
      '/\n/evil.example',
      '/..//evil.example',
      '/.//evil.example',
      'javascript:alert(1)',
      'evil.example',
      '',
      `/${'a'.repeat(3000)}`,
      '/\u0000',
      '/é',
    ]
    for (const asked of elsewhere) expect([asked, back(asked)]).toEqual([asked, '/t/acme/me'])
  })

  it('stays on our origin for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((text) => `/${text}`),
        ),
        (asked) => {
          const path = back(asked)
          expect(path.startsWith('/') && !path.startsWith('//')).toBe(true)
          expect(new URL(path, ORIGIN).origin).toBe(ORIGIN)
        },
      ),
    )
  })
})
