import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { PII_RECOGNISERS } from '../pii/recognisers.ts'
import type { Recogniser, Trigger } from '../recogniser.ts'
import { SECRET_RECOGNISERS } from '../secrets/recognisers.ts'
import { Candidates } from './candidates.ts'
import { Meter } from './meter.ts'
import { CHUNK, sieveOf, Sifter } from './sift.ts'
import { TextScan } from './text-scan.ts'

const RECOGNISERS: readonly Recogniser[] = [...PII_RECOGNISERS, ...SECRET_RECOGNISERS]
const SIEVE = sieveOf(RECOGNISERS, new Map())

/** What the pass finds, paused wherever it is told. */
function passed(text: string, pauses: readonly number[]): ReadonlySet<string> {
  const candidates = new Candidates()
  const scan = new TextScan(SIEVE.listening, candidates)
  scan.begin({ text, from: 0, to: text.length })
  for (const pause of pauses) if (pause > scan.at && pause < text.length) scan.advance(pause)
  scan.advance(text.length)
  const found = new Set<string>()
  for (let at = 0; at < candidates.count; at += 1) {
    for (const listener of SIEVE.listening.lists[candidates.listAt(at)] ?? []) {
      if (listener < RECOGNISERS.length)
        found.add(`${listener} ${candidates.startAt(at)}-${candidates.endAt(at)}`)
    }
  }
  return found
}

/** All candidates, each as often as it was found. */
function listed(text: string, pauses: readonly number[]): readonly string[] {
  const candidates = new Candidates()
  const scan = new TextScan(SIEVE.listening, candidates)
  const found: string[] = []
  scan.begin({ text, from: 0, to: text.length })
  for (const pause of [...pauses.filter((each) => each < text.length), text.length]) {
    candidates.clear()
    scan.advance(pause)
    for (let at = 0; at < candidates.count; at += 1)
      found.push(`${candidates.listAt(at)} ${candidates.startAt(at)}-${candidates.endAt(at)}`)
  }
  return found.toSorted()
}

type Place = readonly [start: number, end: number]

/** The same by the words of `Trigger`: one listener and one trigger at a time, over the whole text, in no hurry. */
function wanted(text: string): ReadonlySet<string> {
  const found = new Set<string>()
  for (const [listener, { triggers }] of RECOGNISERS.entries())
    for (const trigger of triggers)
      for (const [start, end] of placesOf(text, trigger)) found.add(`${listener} ${start}-${end}`)
  return found
}

function placesOf(text: string, trigger: Trigger): readonly Place[] {
  if (trigger.kind === 'literal') return placesOfLiteral(text.toLowerCase(), trigger.literal)
  if (trigger.kind === 'digits')
    return placesOfDigits(text, trigger).filter((place) => isBeside(text, trigger, place))
  const shape = trigger.kind === 'long' ? /[A-Za-z0-9_+/=-]+/g : /[A-Za-z0-9]+/g
  return Array.from(text.matchAll(shape), ({ 0: run, index }): Place => [index, index + run.length]).filter(
    ([start, end]) =>
      end - start >= trigger.min &&
      end - start <= trigger.max &&
      isBeside(text, trigger, [start, end]) &&
      (trigger.kind === 'long' || /^(?=.*\d)(?=.*[A-Za-z])/.test(text.slice(start, end))),
  )
}

type Run = Exclude<Trigger, { kind: 'literal' }>

const isBeside = (text: string, { beside }: Run, [start, end]: Place): boolean =>
  beside === undefined || Array.from(beside).some((one) => text[start - 1] === one || text[end] === one)

function placesOfLiteral(text: string, literal: string): readonly Place[] {
  const places: Place[] = []
  for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + 1))
    places.push([at, at + literal.length])
  return places
}

function placesOfDigits(text: string, { min, max }: Run): readonly Place[] {
  return [...text.matchAll(/\d+(?:[ \u00a0./-]\d+)*/g)].flatMap(({ 0: run, index }) => {
    const digits = run.replace(/\D/g, '').length
    if (digits <= max) return digits < min ? [] : [[index, index + run.length] as const]
    const groups = Array.from(run.matchAll(/\d+/g), (group): Place => [
      index + group.index,
      index + group.index + group[0].length,
    ])
    return groups.flatMap((_, first) => partFrom(groups.slice(first), min, max))
  })
}

/** As many groups as are taken; rows of single digits are not. */
function partFrom(groups: readonly Place[], min: number, max: number): readonly Place[] {
  let digits = 0
  let count = 0
  while (count < groups.length) {
    const [start, end] = groups[count] ?? [0, 0]
    if (digits + end - start > max) break
    digits += end - start
    count += 1
  }
  if (digits < min || digits < 2 * count) return []
  return [[groups[0]?.[0] ?? 0, groups[count - 1]?.[1] ?? 0]]
}

const SAID =
  '1 12 4111 536-90-4399 4111111111111111 203.0.113.77 2001:db8::1 00:1b:44:11:3a:b7 131052-308T DE89 37040044 AKIA ghp_ key- secret: token= sk_live_ eyJ bc1q me@mail.org +49 (415) 555-2671 IBAN ssn card é 漢 aB3dE5fG7hJ9kL1mN3pQ5rS7 - / . : _ = + " \\n { } ://'
const texts = fc
  .array(
    fc.tuple(
      fc.constantFrom(...SAID.split(' ')),
      fc.constantFrom('', '', ' ', ' ', '\n', '-', '.', '/', ':', ', '),
    ),
    { maxLength: 50 },
  )
  .map((parts) => parts.flat().join(''))

describe('the one pass over a text', () => {
  it('finds what each trigger asks for, and nothing else', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect([...passed(text, [])].toSorted()).toEqual([...wanted(text)].toSorted())
      }),
      { numRuns: 400 },
    )
  })

  it('finds the same wherever it is paused', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(400)), (text, pauses) => {
        const ordered = pauses.toSorted((left, right) => left - right)
        expect(passed(text, ordered)).toEqual(passed(text, []))
      }),
      { numRuns: 400 },
    )
  })

  it('finds the same in two lanes as in one', () => {
    const long = fc.tuple(
      fc.array(texts, { minLength: 2, maxLength: 8 }),
      fc.constantFrom('', ' ', '\u200b', 'é'),
    )
    fc.assert(
      fc.property(long, ([parts, between]) => {
        const text = parts.join(between)
        const short = Array.from({ length: text.length / 100 }, (_, at) => 100 * (at + 1))
        expect(listed(text, [])).toEqual(listed(text, short))
      }),
      { numRuns: 400 },
    )
  })

  it.each(['', '\u200b', '\u200b\u200b\u200b'])(
    'finds a literal wherever the lanes meet, %j between its letters',
    (unseen) => {
      const filler = '% '.repeat(400)
      const literal = Array.from(LONGEST).join(unseen)
      for (let at = 400 - literal.length; at < 410; at += 1) {
        const text = `${filler.slice(0, at)}${literal}${filler.slice(0, 800 - at)}`
        expect(listed(text, []).join(' ')).toContain(` ${at}-${at + literal.length}`)
      }
    },
  )

  it('knows whether all of it was ASCII', () => {
    for (const at of [0, 60, 100, 199]) {
      const scan = new TextScan(SIEVE.listening, new Candidates())
      const text = `${'m '.repeat(100).slice(0, at)}é${'m '.repeat(100)}`
      scan.begin({ text, from: 0, to: text.length })
      scan.advance(at)
      expect(scan.isAscii).toBe(true)
      scan.advance(text.length)
      expect(scan.isAscii).toBe(false)
    }
  })

  it('finds each of many, across the parts in which a text is read', () => {
    const text = 'card 4111 1111 1111 1111, '.repeat(700)
    const spans = spansIn(text)
    expect(spans).toHaveLength(700)
    expect(new Set(spans.map((span) => span % 26))).toEqual(new Set([5]))
  })

  it('finds a number amid a table that never ends', () => {
    for (const before of [1, 7, 31, 63, 64, 65, 200]) {
      const text = `${'12 '.repeat(before)}4111 1111 1111 1111 ${'34 '.repeat(200)}`
      expect(spansIn(text)).toEqual([3 * before])
    }
  })
})

describe('work', () => {
  it.each(['1', 'a', 'a1', '-', '1a-', '1 ', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1'])(
    'on %j a million times is never much at once: a run stays open where the pass pauses',
    (piece) => {
      const { text, readsOf } = counted(piece.repeat(Math.ceil(1_000_000 / piece.length)))
      const scan = new TextScan(SIEVE.listening, new Candidates())
      scan.begin({ text, from: 0, to: text.length })
      const reads: number[] = []
      while (scan.at < text.length)
        reads.push(readsOf(() => scan.advance(Math.min(text.length, scan.at + CHUNK))))
      expect(Math.max(...reads)).toBeLessThan(6 * CHUNK)
    },
  )

  it('on a run that stays open ends with the whole run', () => {
    const text = `+${'a1-'.repeat(10_000)}`
    const place = `1-${text.length}`
    const long = sieveOf([{ signals: [], triggers: [LONG], recognise: () => [] }], new Map()).listening
    const candidates = new Candidates()
    const scan = new TextScan(long, candidates)
    scan.begin({ text: ` ${text.slice(1)}`, from: 0, to: text.length })
    for (let at = 0; at < text.length; at += 100) {
      expect(candidates.count).toBe(0)
      scan.advance(Math.min(text.length, at + 100))
    }
    expect(`${candidates.startAt(0)}-${candidates.endAt(0)}`).toBe(place)
  })

  it.each<readonly [string, number]>([
    ['1 ', 1 / 64],
    ['1234 5678 ', 11],
    ['4111 1111 1111 1111 ', 21],
  ])('on %j over and over is few candidates for each', (piece, most) => {
    const candidates = new Candidates()
    const scan = new TextScan(SIEVE.listening, candidates)
    const text = piece.repeat(10_000)
    scan.begin({ text, from: 0, to: text.length })
    scan.advance(text.length)
    expect(candidates.count).toBeLessThanOrEqual(most * 10_000)
  })
})

/** The longest literal of all. */
const LONGEST = RECOGNISERS.flatMap(({ triggers }) => triggers)
  .flatMap((trigger) => (trigger.kind === 'literal' ? trigger.literal : []))
  .reduce((longest, literal) => (literal.length > longest.length ? literal : longest), '')

const LONG: Trigger = { kind: 'long', min: 24, max: Number.MAX_SAFE_INTEGER }

/** A text that counts how many of its code units are asked for one by one. */
function counted(original: string): {
  readonly text: string
  readonly readsOf: (work: () => void) => number
} {
  let reads = 0
  const charCodeAt = (at: number): number => {
    reads += 1
    return original.charCodeAt(at)
  }
  const readsOf = (work: () => void): number => {
    reads = 0
    work()
    return reads
  }
  return { text: Object.assign(original, { charCodeAt }), readsOf }
}

/** Where cards begin. */
function spansIn(text: string): readonly number[] {
  const starts = new Set<number>()
  const caught = {
    isFull: false,
    span: ({ signal, start }: { signal: string; start: number }) => {
      if (signal === 'pii.card') starts.add(start)
    },
    run: () => {},
  }
  const stretch = { text, from: 0, to: text.length, isDefinition: false }
  const sifter = new Sifter(SIEVE, new Meter(1e9, 1e9))
  sifter.begin(stretch, caught)
  expect(sifter.run()).toBe(true)
  return [...starts].toSorted((left, right) => left - right)
}
