import { describe, expect, it } from '@jest/globals'
import type { Json } from '@writ/contracts'
import * as fc from 'fast-check'
import { keys } from './given.suite.ts'
import type { JsonText } from './json-texts.ts'
import { BREATH, jsonTextsIn } from './json-texts.ts'
import { normalForm } from './normal-form.ts'
import { MAX_TEXT } from './pieces.ts'
import { provenanceOf } from './provenance.ts'
import { newSession } from './state.ts'
import { MAX_CHARACTERS } from './texts.ts'
import { SLICE, valuesIn, valuesNow } from './values.ts'

const filled = (piece: string, length: number) =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length)

/** As many characters as are looked at, in texts as long as are looked at. */
const linesOf = (piece: string): readonly string[] =>
  Array.from({ length: MAX_CHARACTERS / MAX_TEXT }, () => filled(piece, MAX_TEXT))

const hostile: readonly (readonly [string, readonly string[]])[] = [
  ['addresses', linesOf('a@b.c ')],
  ['hosts', linesOf('://a')],
  ['paths', linesOf('/a')],
  ['what looks like an IBAN', linesOf('de89 abcd abcd abcd abcd abcd abcd abc ')],
  ['marks on one letter', linesOf('\u0323\u0307')],
  ['short values', Array.from({ length: 8_000 }, (_, at) => `v-${at}`)],
  ['long values', Array.from({ length: 8_000 }, (_, at) => `${at}${'z'.repeat(55)}`)],
  ['JSON', Array.from({ length: 4_000 }, (_, at) => `{"value of ${at}":"${at}"}`)],
]

/** Tells how many characters were taken from it. */
function counting(items: readonly string[], took: (characters: number) => void): Json {
  return new Proxy([...items], {
    get: (list, name) => {
      const item: unknown = Reflect.get(list, name)
      if (typeof item === 'string') took(item.length)
      return item
    },
  })
}

describe('the values of an answer', () => {
  it.each(hostile)('are found in slices of bounded work: %s', (_, items) => {
    const bySlice = [0]
    const content = counting(items, (characters) => bySlice.push((bySlice.pop() ?? 0) + characters))
    const slices = valuesIn(content, keys)
    while (slices.next().done !== true) bySlice.push(0)
    // a text is looked at whole, so a slice is at most one longer than its work
    expect(Math.max(...bySlice)).toBeLessThanOrEqual(SLICE + MAX_TEXT)
    expect(bySlice.reduce((all, one) => all + one)).toBe(items.join('').length)
  })

  it.each<readonly [string, string]>([
    ['a list', `[${filled('1,', 60_000)}1]`],
    ['lists', `[${filled('[],', 120_000)}1]`],
    ['members', `{${Array.from({ length: 30_000 }, (_, at) => `"n${at}":1`).join()}}`],
    ['what breaks off', `[${filled('1,', 400_000)}`],
  ])('are read in slices from a text that is JSON: %s', (_, text) => {
    expect([...valuesIn(text, keys)].length).toBeGreaterThanOrEqual(Math.floor(text.length / 3 / BREATH) - 1)
  })

  it('are fingerprinted in slices too', () => {
    const values = Array.from({ length: 8_000 }, (_, at) => `v-${at}`)
    const [found, printed] = [8_000 * (16 + 5), 8_000 * (32 + 5)]
    expect([...valuesIn(values, keys)].length).toBeGreaterThanOrEqual(
      Math.floor(found / SLICE) + Math.floor(printed / SLICE) - 1,
    )
  })

  it.each<readonly [string, Json]>([
    [
      'a list of more values than are looked at, none of which is touched',
      Array.from({ length: 50_001 }, () => 1),
    ],
    ['JSON in JSON in JSON, and so on', nested(7)],
    [
      'the same large JSON inside of JSON',
      JSON.stringify([JSON.stringify([filled('[1],', 260_000)]), filled('x', 260_000)]),
    ],
    ['a text whose form is many times as long', filled('\uFDFA', 1_000)],
  ])('are too many to be told in %s', (_, content) => {
    expect(valuesNow(content, keys)).toEqual({ prints: '', full: true })
  })

  it('are told through as many levels of JSON as servers write', () => {
    expect(valuesNow(nested(5), keys)).toEqual(valuesNow('ZX-4711-Q', keys))
  })
})

function nested(levels: number): Json {
  let text = 'ZX-4711-Q'
  for (let level = 0; level < levels; level += 1) text = JSON.stringify([text])
  return text
}

function read(text: string) {
  const texts = jsonTextsIn(text)
  const found: JsonText[] = []
  for (let next = texts.next(); ; next = texts.next()) {
    if (next.done === true) return { isJson: next.value, found }
    if (next.value !== null) found.push(next.value)
  }
}

describe('the texts of JSON', () => {
  const textsOf = (value: Json): readonly string[] => {
    if (typeof value === 'string' || typeof value === 'number') return [String(value)]
    if (Array.isArray(value)) return value.flatMap((item: Json) => textsOf(item))
    if (typeof value !== 'object' || value === null) return []
    return Object.entries<Json>(value).flatMap(([name, member]) => [name, ...textsOf(member)])
  }
  it('are those that a parser finds, whatever the JSON', () => {
    const inside = fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()))
    fc.assert(
      fc.property(inside, fc.constantFrom(0, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space)
        // a number as an index comes first in an object that was parsed, whatever the text
        const parsed: Json = JSON.parse(text)
        expect(read(text).isJson).toBe(true)
        expect(
          read(text)
            .found.map((one) => one.text)
            .toSorted(),
        ).toEqual(textsOf(parsed).toSorted())
      }),
    )
  })

  it('tell names from values', () => {
    const { isJson, found } = read(' {"a" : {"b":"c"}, "d": ["e", ":"]} ')
    expect(isJson).toBe(true)
    expect(found.filter(({ isName }) => isName).map(({ text }) => text)).toEqual(['a', 'b', 'd'])
  })

  it.each(['[', '["a]', '[}', '{"a":1]', '[1] and more', '[see the note]', '["\\x"]', ''])(
    'are not looked for in %j',
    (text) => expect(read(text).isJson).toBe(false),
  )
})

describe('the form in which values are compared', () => {
  it.each([
    ['  Ana@EXAMPLE.com ', 'ana@example.com'],
    ['ＺＸ－４７１１', 'zx-4711'],
    ['Müller', 'müller'],
    ['ﷺ', 'صلى الله عليه وسلم'],
  ])('of %j is %j', (text, form) => expect(normalForm(text)).toBe(form))

  it('takes no more marks on one letter than any language has', () => {
    const stack = `a${'\u0323'.repeat(60_000)}`
    expect(normalForm(stack)?.length).toBeLessThanOrEqual(31)
  })

  it('that cannot be had taints as anything may that was met', () => {
    const values = { untrusted: { prints: valuesNow('evil.example/x1', keys).prints, full: false } }
    const text = filled('\uFDFA', 1_000)
    expect(provenanceOf({ ...newSession(0), values }, text, keys)).toEqual(['model', 'untrusted'])
    expect(provenanceOf(newSession(0), text, keys)).toEqual(['model'])
  })
})
