import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { namesResource, normalHttpUrl } from './htu.ts'

const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?$/)
const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'))
const segment = fc.stringMatching(/^[a-z0-9_~-]{1,12}$/)
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join('/')}`)
const parts = fc.record({ scheme: fc.constantFrom('http', 'https'), host, path })

const randomCase = (text: string, flips: readonly boolean[]): string =>
  Array.from(text, (c, at) => (flips[at % flips.length] ? c.toUpperCase() : c)).join('')

const escapeSome = (text: string, flips: readonly boolean[]): string =>
  Array.from(text, (c, at) =>
    c !== '/' && flips[at % flips.length] ? `%${c.charCodeAt(0).toString(16)}` : c,
  ).join('')

const flips = fc.array(fc.boolean(), { minLength: 1, maxLength: 9 })

describe('htu', () => {
  it('names a resource in every equivalent spelling of RFC 3986', () => {
    fc.assert(
      fc.property(parts, flips, flips, fc.constantFrom('', '?q=1', '#f', '?q#f', '?'), (url, a, b, tail) => {
        const port = a[0] ? (url.scheme === 'https' ? ':443' : ':80') : ''
        const spelling = `${randomCase(`${url.scheme}://${url.host}`, a)}${port}${escapeSome(url.path, b)}${tail}`
        expect(namesResource(spelling, `${url.scheme}://${url.host}${url.path}`)).toBe(true)
      }),
    )
  })

  it('is in its normal form once normalised', () => {
    fc.assert(
      fc.property(parts, flips, (url, a) => {
        const normal = normalHttpUrl(`${url.scheme}://${url.host}${escapeSome(url.path, a)}`)
        expect(normalHttpUrl(normal ?? '')).toBe(normal)
      }),
    )
  })

  it('agrees with the URL standard about what it accepts', () => {
    fc.assert(
      fc.property(parts, fc.array(fc.constantFrom('.', '..', 'a', ''), { maxLength: 4 }), (url, dots) => {
        const text = `${url.scheme}://${url.host}${url.path}/${dots.join('/')}`
        // Only this standard reads a last label of digits as an IPv4 address.
        if (!URL.canParse(text) || /(^|\.)[0-9]+$/.test(url.host)) return
        expect(normalHttpUrl(text)).toBe(new URL(text).href)
      }),
    )
  })

  it('never names a resource of another host, path, port or scheme', () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const [one, other] = [a, b].map((url) => `${url.scheme}://${url.host}${url.path}`)
        if (one !== other) expect(namesResource(one ?? '', other ?? '')).toBe(false)
      }),
    )
  })

  it('never comes from a text with a character outside the grammar', () => {
    const strange = fc.constantFrom(
      '\\',
      '\n',
      '\t',
      ' ',
      '\u0000',
      '．',
      '"',
      '<',
      '^',
      '`',
      '{',
      '|',
      '%',
      '%zz',
      'é',
    )
    fc.assert(
      fc.property(parts, strange, fc.nat(), (url, piece, place) => {
        const text = `${url.scheme}://${url.host}${url.path}`
        const at = place % (text.length + 1)
        const varied = text.slice(0, at) + piece + text.slice(at)
        const becameEscape = /%[0-9a-f]{2}/.test(varied)
        if (!becameEscape) expect(normalHttpUrl(varied)).toBeNull()
      }),
    )
  })

  it.each([
    ['https://agent@gw.example/a', null],
    ['https://gw.example', 'https://gw.example/'],
    ['https://gw.example:/a', 'https://gw.example/a'],
    ['https://gw.example:8443/a', 'https://gw.example:8443/a'],
    ['http://[::1]:7410/a', 'http://[::1]:7410/a'],
    ['https://gw.example/a%2fb', 'https://gw.example/a%2Fb'],
    ['https://gw.example/a/./b/../c', 'https://gw.example/a/c'],
    ['https://gw.example/%2e%2e/a', 'https://gw.example/a'],
    ['https:gw.example/a', null],
    ['//gw.example/a', null],
    ['ftp://gw.example/a', null],
    ['https:///a', null],
    ['', null],
  ])('%j normalises to %j', (text, normal) => {
    expect(normalHttpUrl(text)).toBe(normal)
  })
})
