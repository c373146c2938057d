import { describe, expect, it } from '@jest/globals'
import type { Json, Rewriting } from '@writ/contracts'
import * as fc from 'fast-check'
import { RuleFault } from '../rule-fault.ts'
import type { ContentKeys } from './content-keys.ts'
import { isGenuine } from '../detectors/pii/genuine.ts'
import { findTokens, TOKEN_RECOGNISERS } from './find-tokens.ts'
import { rewrite } from './rewrite.ts'
import type { Edit } from './spans.ts'

const keys: ContentKeys = { tenant: new Uint8Array(32).fill(7), sessionId: 'ses_1' }
const otherSession: ContentKeys = { ...keys, sessionId: 'ses_2' }
const otherTenant: ContentKeys = { ...keys, tenant: new Uint8Array(32).fill(8) }

const edit = (
  rewriting: Rewriting,
  start: number,
  end: number,
  rest: Partial<Edit['sighting']> = {},
): Edit => ({
  rewriting,
  sighting: { signal: 'pii.email', path: '', place: 'text', start, end, ...rest },
})

const whole = (
  rewriting: Rewriting,
  text: string,
  signal = 'pii.email',
  by: ContentKeys | null = keys,
): Json | RuleFault => rewrite(text, [edit(rewriting, 0, text.length, { signal })], by)

const textOf = (rewritten: Json | RuleFault): string => {
  if (typeof rewritten !== 'string') throw new Error('it was not rewritten')
  return rewritten
}

const sealed = (value: string): string => textOf(whole('token', value))

describe('a text is rewritten', () => {
  it.each<readonly [Rewriting, string, RegExp]>([
    ['replace', 'me@example.com', /^a \[EMAIL\] z$/],
    ['drop', 'me@example.com', /^a  z$/],
    ['mask', 'me@example.com', /^a \*\*@\*{6}e\.com z$/],
    ['hash', 'me@example.com', /^a \[EMAIL:[0-9a-f]{10}\] z$/],
    ['token', 'me@example.com', /^a \[EMAIL#[A-Za-z0-9_-]{42}\] z$/],
    ['surrogate', 'me@example.com', /^a u-[0-9a-f]{10}@redacted\.invalid z$/],
  ])('by %s', (rewriting, value, expected) => {
    expect(rewrite(`a ${value} z`, [edit(rewriting, 2, 2 + value.length)], keys)).toMatch(expected)
  })

  it.each<Rewriting>(['hash', 'token', 'surrogate', 'restore'])('by %s with keys only', (rewriting) => {
    expect(whole(rewriting, 'me@example.com', 'pii.email', null)).toBeInstanceOf(RuleFault)
  })

  it.each<Rewriting>(['replace', 'mask', 'drop'])('by %s without keys', (rewriting) => {
    expect(typeof whole(rewriting, 'me@example.com', 'pii.email', null)).toBe('string')
  })

  it('deep in a tree, whose other parts stay the very same', () => {
    const other = { deep: [1] }
    const content = { other, list: ['x', { 'a/b': 'me@example.com' }], ['__proto__']: 1 }
    const rewritten = rewrite(content, [edit('replace', 0, 14, { path: '/list/1/a~1b' })], null)
    expect(rewritten).toEqual({ ...content, list: ['x', { 'a/b': '[EMAIL]' }] })
    expect(Object.values(rewritten ?? {})[0]).toBe(other)
    expect(content.list[1]).toEqual({ 'a/b': 'me@example.com' })
  })

  it('in a member named __proto__ without touching the prototype', () => {
    const content: Json = JSON.parse('{"__proto__":{"to":"me@example.com"}}')
    const rewritten = rewrite(content, [edit('replace', 0, 14, { path: '/__proto__/to' })], null)
    expect(JSON.stringify(rewritten)).toBe('{"__proto__":{"to":"[EMAIL]"}}')
  })
})

describe('edits of one place', () => {
  const strictestFirst: readonly Rewriting[] = [
    'drop',
    'mask',
    'hash',
    'token',
    'surrogate',
    'replace',
    'restore',
  ]
  const pairs = strictestFirst.flatMap((stricter, at) =>
    strictestFirst.slice(at + 1).map((weaker) => [stricter, weaker] as const),
  )

  it.each(pairs)('%s wins over %s, whichever comes first', (stricter, weaker) => {
    const alone = whole(stricter, 'me@example.com')
    const both = [edit(weaker, 0, 14), edit(stricter, 0, 14)]
    expect(rewrite('me@example.com', both, keys)).toEqual(alone)
    expect(rewrite('me@example.com', both.toReversed(), keys)).toEqual(alone)
  })

  it('that overlap are one, under the name of the widest', () => {
    const edits = [
      edit('replace', 2, 6, { signal: 'pii.card' }),
      edit('replace', 4, 12, { signal: 'pii.iban' }),
    ]
    expect(rewrite('0123456789abcdef', edits, null)).toBe('01[IBAN]cdef')
  })
})

describe('a token', () => {
  it('is the same for the same value, within one session only', () => {
    expect(sealed('me@example.com')).toBe(sealed('me@example.com'))
    expect(whole('token', 'me@example.com', 'pii.email', otherSession)).not.toBe(sealed('me@example.com'))
  })

  it.each([
    ['of another session', otherSession],
    ['of another tenant', otherTenant],
  ])('%s is not restored', (_, by) => {
    expect(whole('restore', sealed('me@example.com'), 'token.writ', by)).toBeInstanceOf(RuleFault)
  })

  it('that was changed in any character is not restored', () => {
    const token = sealed('me@example.com')
    for (const at of Array.from(token).keys()) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
      expect(whole('restore', changed, 'token.writ')).toBeInstanceOf(RuleFault)
    }
  })

  it('becomes its value again, whatever the value', () => {
    const texts = fc.string({ unit: 'binary', minLength: 1 })
    const loneSurrogates = fc.array(fc.integer({ min: 0xd7f0, max: 0xe00f }), { minLength: 1 })
    fc.assert(
      fc.property(
        fc.oneof(
          texts,
          loneSurrogates.map((codes) => String.fromCharCode(...codes)),
        ),
        (value) => {
          expect(whole('restore', sealed(value), 'token.writ')).toBe(value)
        },
      ),
    )
  })
})

describe('a hash', () => {
  it('joins the sessions of a tenant, and no two tenants', () => {
    expect(whole('hash', 'me@example.com', 'pii.email', otherSession)).toBe(whole('hash', 'me@example.com'))
    expect(whole('hash', 'me@example.com', 'pii.email', otherTenant)).not.toBe(
      whole('hash', 'me@example.com'),
    )
  })
})

describe('whatever the edits', () => {
  const rewritings = fc.constantFrom<Rewriting>('replace', 'mask', 'hash', 'token', 'surrogate', 'drop')
  const editsOf = (text: string): fc.Arbitrary<readonly Edit[]> =>
    fc.array(
      fc
        .tuple(
          rewritings,
          fc.nat(text.length),
          fc.nat(text.length),
          fc.constantFrom('pii.email', 'pii.card', 'x.y'),
        )
        .filter(([, one, other]) => one !== other)
        .map(([rewriting, one, other, signal]) =>
          edit(rewriting, Math.min(one, other), Math.max(one, other), { signal }),
        ),
      { maxLength: 6 },
    )
  const texts = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 })
  const cases = texts.chain((text) => fc.tuple(fc.constant(text), editsOf(text)))

  it('nothing outside their spans changes', () => {
    fc.assert(
      fc.property(cases, ([text, edits]) => {
        const outside = Array.from({ length: text.length }, (_, at) => at).filter((at) =>
          edits.every(({ sighting: { start, end } }) => at < start || at >= end),
        )
        const rewritten = textOf(rewrite(text, edits, keys))
        let from = 0
        for (const run of runsOf(outside)) {
          const piece = text.slice(run[0], (run.at(-1) ?? 0) + 1)
          const at = rewritten.indexOf(piece, from)
          expect(at).toBeGreaterThanOrEqual(from)
          from = at + piece.length
        }
        if (outside[0] === 0) expect(rewritten.startsWith(text.charAt(0))).toBe(true)
        if (outside.at(-1) === text.length - 1 && text !== '')
          expect(rewritten.endsWith(text.slice(-1))).toBe(true)
      }),
    )
  })

  it('their order does not matter', () => {
    fc.assert(
      fc.property(cases, ([text, edits]) => {
        expect(rewrite(text, edits.toReversed(), keys)).toEqual(rewrite(text, edits, keys))
      }),
    )
  })
})

function runsOf(places: readonly number[]): number[][] {
  const runs: number[][] = []
  for (const place of places) {
    const last = runs.at(-1)
    if (last !== undefined && last.at(-1) === place - 1) last.push(place)
    else runs.push([place])
  }
  return runs
}

describe('tokens are found', () => {
  it.each(['me@example.com', 'x', 'long '.repeat(100)])('where the value was %j', (value) => {
    const text = `a ${sealed(value)} z [EMAIL] [EMAIL#short] [x#${'A'.repeat(30)}]`
    const start = 2
    const end = text.indexOf(']') + 1
    expect(findTokens(text)).toEqual([{ signal: 'token.writ', start, end }])
    expect(TOKEN_RECOGNISERS[0]?.recognise(text, text.indexOf('#') + 1, end - 1)).toEqual(findTokens(text))
  })
})

describe('a surrogate', () => {
  it.each([
    ['pii.card', '4111 1111 1111 1111', /^\d{4} \d{4} \d{4} \d{4}$/],
    ['pii.iban', 'DE89 3704 0044 0532 0130 00', /^DE\d\d \d{4} \d{4} \d{4} \d{4} \d\d$/],
    ['pii.ssn', '536-90-4399', /^000-\d\d-\d{4}$/],
    ['pii.phone', '+1 (415) 555-2671', /^\+1 \(555\) 555-01\d\d$/],
    ['pii.phone', '415-721-2671', /^555-555-01\d\d$/],
    ['pii.ip', '84.12.3.4', /^(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}$/],
    ['pii.ip', '2a02:1:2::3', /^2001:db8::[0-9a-f]{1,4}:[0-9a-f]{1,4}$/],
    ['pii.birthdate', '1980-02-03', /^19\d\d-0[1-9]-0[1-9]$/],
    ['pii.passport', 'C01X00T47', /^[A-Z]\d\d[A-Z]\d\d[A-Z]\d\d$/],
  ])('of %s keeps the form of %s', (signal, value, form) => {
    const surrogate = textOf(whole('surrogate', value, signal))
    expect(surrogate).toMatch(form)
    expect(isGenuine(signal, surrogate)).toBe(false)
    expect(whole('surrogate', value, signal)).toBe(surrogate)
    expect(whole('surrogate', value, signal, otherSession)).not.toBe(surrogate)
  })

  it.each([
    ['pii.email', 'me@example.com'],
    ['pii.phone', '+1 (415) 555-2671'],
    ['pii.ip', '84.12.3.4'],
  ])('of %s is its own', (signal, value) => {
    const surrogate = textOf(whole('surrogate', value, signal))
    expect(whole('surrogate', surrogate, signal)).toBe(surrogate)
  })

  it('of a value with a check fails the check, whatever the session', () => {
    for (let session = 0; session < 200; session += 1) {
      const by = { ...keys, sessionId: `ses_${session}` }
      expect(isGenuine('pii.card', textOf(whole('surrogate', '4111111111111111', 'pii.card', by)))).toBe(
        false,
      )
      expect(
        isGenuine('pii.iban', textOf(whole('surrogate', 'DE89370400440532013000', 'pii.iban', by))),
      ).toBe(false)
    }
  })
})
