import { describe, expect, it } from '@jest/globals'
import type { Json } from '@writ/contracts'
import type { Scrubber } from '@writ/enforcement'
import * as fc from 'fast-check'
import * as scrubs from './scrub.ts'

/** Work in slices, to its end. */
function ended<Result>(work: Generator<void, Result>): Result {
  for (;;) {
    const slice = work.next()
    if (slice.done === true) return slice.value
  }
}

const atOnce = ({ text, tree, bytes, within }: Scrubber) => ({
  text: (given: string) => ended(text(given)),
  tree: (given: Json) => ended(tree(given)),
  bytes: (given: Uint8Array) => ended(bytes(given)),
  within: (given: Uint8Array) => ended(within(given)),
})
const createScrubber = (value: string) => atOnce(scrubs.createScrubber(value))

const SECRET = 'sk-live/4f9A+zQ"7\\k~x=='
const scrubber = createScrubber(SECRET)
const MASK = '[credential]'

const PAIR = 'user:hunter2hunter2'
const PAIR_BASE64 = Buffer.from(PAIR).toString('base64')

const percentAll = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
const unicodeAll = (text: string): string =>
  Array.from(text, (char) => String.raw`\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
const references = (text: string): string =>
  text.replaceAll(/[^a-z0-9]/gi, (char) => `&#x${char.charCodeAt(0).toString(16).toUpperCase()};`)
const named = (text: string): string =>
  text.replaceAll(
    /[&<>"']/g,
    (char) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[char] ?? '#39'};`,
  )
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
  ['on a page', named],
  ['on a page with everything escaped', references],
  ['on a page, twice', (secret) => named(references(secret))],
  ['on a page in a string', (secret) => inner(references(secret)).replaceAll('&', String.raw`\u0026`)],
  ['Unicode-escaped', unicodeAll],
  ['Unicode-escaped in a string', (secret) => inner(unicodeAll(secret))],
]

/** Texts that a pattern, an escape or an encoder would stumble over. */
const HARD_SECRETS: readonly (readonly [string, string])[] = [
  ['letters', 'kT9vQ2mX'],
  ['metacharacters', String.raw`([{^$.*+?|\d)]}(?:`],
  ['backslashes', '\\'],
  ['percent signs', '%'],
  ['percent-encoded letters', '%41%2e%25'],
  ['escaped letters', String.raw`\u0041\"\\`],
  ['letters beyond ASCII', 'clé-ß~'],
]

/** Ends in a letter of its own, so that no part of it is the whole. */
const sized = (unit: string, length: number): string =>
  `${unit.repeat(Math.ceil(length / unit.length)).slice(0, length - 1)}Z`

/** A ratio of less than this is the noise of the machine. */
const FLOOR_MS = 150

/** CPU, not wall time, and the least of a few: others run beside this. */
function leastCpuMs(act: () => unknown): number {
  const spent = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage()
    act()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  return Math.min(...spent)
}

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

  it.each(ECHOES)('masks the secret %s also where two slices of the work meet', (_, echo) => {
    const said = echo(SECRET)
    for (const before of [0, 1, 5, 12, said.length - 1, said.length]) {
      const start = '<'.repeat(32 * 1024 - before)
      expect(scrubber.text(`${start}${said}>`) === `${start}${MASK}>`).toBe(true)
    }
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

  it.each(ECHOES)('masks the secret %s in what JSON says, after a look at the whole of it', (_, echo) => {
    const said = `before: ${echo(SECRET)} :after`
    const bytes = Buffer.from(JSON.stringify({ said, [said]: [said] }))
    const within = atOnce(scrubber.within(bytes))
    const masked = `before: ${MASK} :after`
    expect(within.text(said)).toBe(masked)
    expect(within.tree({ said, [said]: [said] })).toEqual({ said: masked, [masked]: [masked] })
    expect(within.bytes(bytes)).toEqual(scrubber.bytes(bytes))
  })

  it('says of JSON what a look at each of its strings says', () => {
    const pieces = fc.constantFrom(...ECHOES.map(([, echo]) => echo(SECRET)), 'a', '%', '"', '\\', 'é', ' ')
    const texts = fc.array(pieces, { maxLength: 4 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.dictionary(texts, fc.array(texts, { maxLength: 3 }), { maxKeys: 3 }), (tree) => {
        const within = atOnce(scrubber.within(Buffer.from(JSON.stringify(tree))))
        expect(within.tree(tree)).toEqual(scrubber.tree(tree))
      }),
    )
  })

  it('masks in what JSON says what is escaped there once more than in its bytes', () => {
    const escaped = inner(inner(inner(inner(SECRET))))
    const bytes = Buffer.from(JSON.stringify([escaped]))
    expect(scrubber.bytes(bytes)).toBe(bytes)
    expect(atOnce(scrubber.within(bytes)).tree([escaped])).toEqual([MASK])
  })

  it('masks a number in what JSON says, however it is spelt there', () => {
    const ofNumber = createScrubber('12345678900000')
    expect(atOnce(ofNumber.within(Buffer.from('[1.23456789e13]'))).tree([12_345_678_900_000])).toEqual([MASK])
  })

  it('has nothing to do in what JSON says that does not hold the secret', () => {
    const nothing = scrubs.createScrubbers()({ kind: 'none' })
    expect(scrubber.within(Buffer.from('{"said":"nothing to see here, 100%"}'))).toBe(nothing)
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

  it.each(HARD_SECRETS)('masks %s of any length in every echo', (_, unit) => {
    for (const length of [8, 2000, 4096]) {
      const secret = sized(unit, length)
      const long = createScrubber(secret)
      for (const [name, echo] of ECHOES)
        expect(`${name}: ${long.text(`<${echo(secret)}>`)}`).toBe(`${name}: <${MASK}>`)
      expect(long.text(`<${secret.slice(0, -1)}>`)).toBe(`<${secret.slice(0, -1)}>`)
    }
  })

  it('is made quickly of the longest secret', () => {
    const made = HARD_SECRETS.map(([, unit]) => sized(unit, 4096))
    expect(leastCpuMs(() => made.map(createScrubber)) / made.length).toBeLessThan(1)
    for (const secret of made) expect(leastCpuMs(() => createScrubber(secret).text(secret))).toBeLessThan(100)
  })

  it.each([
    ['backslashes', `${'\\'.repeat(200)}x`, '\\'],
    ['backslashes before quotes', `${'\\'.repeat(200)}x`, String.raw`\"`],
    ['its own start', `${'a'.repeat(4095)}b`, 'a'],
    ['its own middle', `${'a'.repeat(2000)}b${'a'.repeat(2000)}`, 'a'],
    ['its own end', `b${'a'.repeat(4095)}`, 'a'],
    ['all of itself', 'a'.repeat(8), 'a'],
    ['percent signs', `${'%25'.repeat(1000)}x`, '%25'],
    ['bare percent signs', `${'%'.repeat(1000)}x`, '%'],
    ['its hex', `${'f'.repeat(1000)}x`, '66'],
    ['its hex with colons', `${'f'.repeat(1000)}x`, '66:'],
    ['its base64', `${'fff'.repeat(1000)}x`, 'ZmZm'],
    ['Unicode escapes', `${'\\u0061'.repeat(600)}x`, String.raw`\u0061`],
  ])('takes twice the time for twice the text: %s', (_, secret, unit) => {
    const hostile = createScrubber(secret)
    const half = unit.repeat(Math.ceil(500_000 / unit.length))
    const halfMs = leastCpuMs(() => hostile.text(half))
    const wholeMs = leastCpuMs(() => hostile.text(half + half))
    expect(wholeMs).toBeLessThan(Math.max(3 * halfMs, FLOOR_MS))
    expect(wholeMs).toBeLessThan(3_000)
  })

  it('takes hardly more for a text that begins with every form of the secret than for one with those of another', () => {
    const secret = 'sk-live-0123456789abcdefghijklmnopqrstuv'
    const { text } = createScrubber(secret)
    const rest = 'hello, world '.repeat(900_000)
    const beginningWith = (echoed: string) =>
      ECHOES.map(([, echo]) => echo(echoed))
        .filter((echo) => !/[%\\]/.test(echo))
        .join(' ') + rest
    const [echoing, quiet] = [beginningWith(secret), beginningWith(secret.replace('live', 'test'))]
    const quietMs = leastCpuMs(() => text(quiet))
    const echoingMs = leastCpuMs(() => text(echoing))
    expect(echoingMs).toBeLessThan(Math.max(8 * quietMs, FLOOR_MS))
    expect(text(echoing)).toMatch(/^\[credential\]/)
  })

  it('takes no longer for a longer secret than for the text that it is sought in', () => {
    const text = 'a'.repeat(1_000_000)
    const shortMs = leastCpuMs(() => createScrubber(`${'a'.repeat(512)}b`).text(text))
    const longMs = leastCpuMs(() => createScrubber(`${'a'.repeat(4095)}b`).text(text))
    expect(longMs).toBeLessThan(Math.max(3 * shortMs, FLOOR_MS))
  })
})

const MIB = 1024 * 1024
function slicesOf(work: Generator<void, unknown>): number {
  let slices = 1
  while (work.next().done !== true) slices += 1
  return slices
}
const repeated = (unit: string, length: number): string => unit.repeat(length / unit.length)

describe('masking a large answer', () => {
  it.each([
    ['full of escapes', `${repeated(String.raw`\u0061\n\"`, MIB)}${SECRET}`],
    ['of spellings within spellings', `${repeated(String.raw`%2525\\\\n&amp;amp;`, MIB)}${SECRET}`],
    ['full of the secret', repeated(SECRET, MIB)],
    ['full of what nearly is the secret', repeated(`${SECRET.slice(0, -1)}!`, MIB)],
  ])('is done in slices, so that everything else gets its turn: %s', (_, said) => {
    const of = scrubs.createScrubber(SECRET)
    const tree = { said, lists: [said] }
    const bytes = Buffer.from(JSON.stringify(tree))
    expect(slicesOf(of.text(said))).toBeGreaterThanOrEqual(30)
    expect(slicesOf(of.tree(tree))).toBeGreaterThanOrEqual(60)
    expect(slicesOf(of.bytes(bytes))).toBeGreaterThanOrEqual(60)
    expect(slicesOf(of.within(Buffer.from(said.replaceAll('\\', '/'))))).toBeGreaterThanOrEqual(30)
  })
})

describe('createScrubbers', () => {
  it('makes one scrubber per lease, and none where nothing was lent', () => {
    const scrubberOf = scrubs.createScrubbers()
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
    expect(ended(scrubberOf(lease).text(SECRET))).toBe(MASK)
    expect(ended(scrubberOf({ kind: 'none' }).text(SECRET))).toBe(SECRET)
  })
})
