import { describe, expect, it } from '@jest/globals'
import type { Json } from '@writ/contracts'
import * as fc from 'fast-check'
import { createScrubber, createScrubbers } from './scrub.ts'

const SECRET = 'sk-live/4f9A+zQ"7\\k~x=='
const scrubber = createScrubber(SECRET)
const MASK = '[credential]'

const PAIR = 'user:hunter2hunter2'
const PAIR_BASE64 = Buffer.from(PAIR).toString('base64')

const percentAll = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
const unicodeAll = (text: string): string =>
  Array.from(text, (char) => String.raw`\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
const inner = (text: string): string => JSON.stringify(text).slice(1, -1)

/** Ways in which an upstream may echo; each result is masked whole. */
const ECHOES: readonly (readonly [string, (secret: string) => string])[] = [
  ['plain', (secret) => secret],
  ['hex', (secret) => Buffer.from(secret).toString('hex')],
  ['capital hex', (secret) => Buffer.from(secret).toString('hex').toUpperCase()],
  [
    'hex with colons',
    (secret) =>
      Buffer.from(secret)
        .toString('hex')
        .replaceAll(/(..)(?=.)/g, '$1:'),
  ],
  ['base64', (secret) => Buffer.from(secret).toString('base64')],
  ['base64url', (secret) => Buffer.from(secret).toString('base64url')],
  ['base64 in a URL', (secret) => encodeURIComponent(Buffer.from(secret).toString('base64'))],
  ['percent-encoded where needed', encodeURIComponent],
  ['percent-encoded throughout', percentAll],
  ['percent-encoded in capitals', (secret) => percentAll(secret).toUpperCase()],
  ['percent-encoded twice', (secret) => encodeURIComponent(encodeURIComponent(secret))],
  ['as a form field', (secret) => new URLSearchParams({ k: secret }).toString().slice(2)],
  ['JSON-escaped', inner],
  ['JSON-escaped with slashes', (secret) => inner(secret).replaceAll('/', String.raw`\/`)],
  ['JSON-escaped in a string in a string', (secret) => inner(inner(secret))],
  ['JSON-escaped three times', (secret) => inner(inner(inner(secret)))],
  ['Unicode-escaped', unicodeAll],
  ['Unicode-escaped in a string', (secret) => inner(unicodeAll(secret))],
]

describe('createScrubber', () => {
  it.each(ECHOES)('masks the secret %s', (_, echo) => {
    expect(scrubber.text(`before: ${echo(SECRET)} :after`)).toBe(`before: ${MASK} :after`)
    expect(scrubber.text(echo(SECRET))).toBe(MASK)
  })

  it.each(ECHOES)('masks the secret %s in bytes that are not JSON', (_, echo) => {
    const body = Buffer.concat([Buffer.from([0xff, 0x00]), Buffer.from(echo(SECRET)), Buffer.from([0xfe])])
    const scrubbed = Buffer.from(scrubber.bytes(body))
    expect(
      scrubbed.equals(Buffer.concat([Buffer.from([0xff, 0x00]), Buffer.from(MASK), Buffer.from([0xfe])])),
    ).toBe(true)
  })

  it.each(ECHOES)('leaves nothing of any secret that is echoed %s', (_, echo) => {
    const secrets = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 8,
      maxLength: 60,
    })
    fc.assert(
      fc.property(secrets, (secret) => {
        expect(createScrubber(secret).text(`<${echo(secret)}>`)).toBe(`<${MASK}>`)
      }),
      { numRuns: 60 },
    )
  })

  it('masks base64 at every alignment, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }), (before, after) => {
        const whole = Buffer.concat([before, Buffer.from(SECRET), after])
        for (const text of [whole.toString('base64'), whole.toString('base64url')]) {
          const scrubbed = scrubber.text(text)
          expect(scrubbed).toContain(MASK)
          expect(Buffer.from(scrubbed.split(MASK)[0] ?? '', 'base64').length).toBeLessThanOrEqual(
            before.length,
          )
        }
      }),
    )
  })

  it('masks every echo in one text', () => {
    const text = ECHOES.map(([, echo]) => echo(SECRET)).join(' ')
    expect(scrubber.text(text)).toBe(ECHOES.map(() => MASK).join(' '))
    expect(scrubber.text(text)).toBe(scrubber.text(text))
  })

  it('masks strings, keys, lists and JSON in strings of a tree', () => {
    const echoed: Json = {
      content: [{ type: 'text', text: `you sent ${SECRET}` }, 7, null, true],
      headers: { [`x-${SECRET}`]: 'seen' },
      raw: JSON.stringify({ authorization: SECRET, nested: JSON.stringify({ again: SECRET }) }),
    }
    expect(scrubber.tree(echoed)).toEqual({
      content: [{ type: 'text', text: `you sent ${MASK}` }, 7, null, true],
      headers: { [`x-${MASK}`]: 'seen' },
      raw: JSON.stringify({ authorization: MASK, nested: JSON.stringify({ again: MASK }) }),
    })
  })

  it('gives back the very same thing when nothing was found', () => {
    const text = 'nothing to see here'
    const tree: Json = { a: [1, 'two', { three: null }], b: {} }
    const bytes = new Uint8Array([1, 2, 3, 255])
    expect(scrubber.text(text)).toBe(text)
    expect(scrubber.tree(tree)).toBe(tree)
    expect(scrubber.bytes(bytes)).toBe(bytes)
  })

  it('keeps the parts of a tree in which nothing was found', () => {
    const clean: Json = { a: [1, 2] }
    const scrubbed = scrubber.tree([clean, SECRET])
    expect(Array.isArray(scrubbed) && scrubbed[0]).toBe(clean)
  })

  it('masks a token without the scheme that it was sent with', () => {
    expect(createScrubber('Bearer abcdefgh12345678').text('token=abcdefgh12345678')).toBe(`token=${MASK}`)
  })

  it('masks user, password and both of basic credentials', () => {
    const basic = createScrubber(`Basic ${PAIR_BASE64}`)
    expect(basic.text('user:hunter2hunter2 and hunter2hunter2')).toBe(`${MASK} and ${MASK}`)
    expect(basic.text(PAIR_BASE64)).toBe(MASK)
  })

  it('masks a numeric secret that comes back as a number', () => {
    expect(createScrubber('1234567890').tree({ pin: 1234567890, other: 7 })).toEqual({ pin: MASK, other: 7 })
  })

  it('masks a secret beyond ASCII in text and in bytes', () => {
    const accented = createScrubber('clé-secrète-42')
    expect(accented.text('x clé-secrète-42')).toBe(`x ${MASK}`)
    expect(Buffer.from(accented.bytes(new TextEncoder().encode('x clé-secrète-42'))).toString()).toBe(
      `x ${MASK}`,
    )
  })

  it('is linear on text that is made to be slow', () => {
    const hostile = createScrubber(String.raw`\\\\\\\\a"""""""b%25%25%25`)
    const slow = [
      '\\'.repeat(200_000),
      '%25'.repeat(70_000),
      String.raw`\"`.repeat(100_000),
      '%'.repeat(200_000),
    ]
    const started = performance.now()
    for (const text of slow) expect(hostile.text(text)).toBe(text)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

describe('createScrubbers', () => {
  it('makes one scrubber per lease, and none where nothing was lent', () => {
    const scrubberOf = createScrubbers()
    const secret = {
      value: SECRET,
      header: 'x-api-key',
      origin: 'https://a.example',
      version: 1,
      renewAtMs: 1,
      expiresAtMs: 2,
    }
    const lease = {
      kind: 'header',
      secret: { ...secret, tenant: `ten_${'0'.repeat(26)}`, connection: `con_${'0'.repeat(26)}` },
    } as const
    expect(scrubberOf(lease)).toBe(scrubberOf(lease))
    expect(scrubberOf(lease).text(SECRET)).toBe(MASK)
    expect(scrubberOf({ kind: 'none' }).text(SECRET)).toBe(SECRET)
  })
})
