import { randomInt } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { bodyOf, tryReader } from './fuzz-reader.suite.ts'
import { referenceOf, splitterFault } from './fuzz-splitter.suite.ts'

// The long form, of any number of cases: npm run drill -- fuzz. A fault names its seed.
const FROM = randomInt(2 ** 30)
const seeds = (count: number) => Array.from({ length: count }, (_, at) => FROM + at)

describe('the reader of messages, of bytes that are broken on purpose', () => {
  it('reads what every reader reads alike, and can write it again', () => {
    const tried = seeds(4_000).map((seed) => [seed, tryReader(bodyOf(seed))] as const)
    expect(tried.filter(([, { fault }]) => fault !== null)).toEqual([])
    expect(tried.filter(([, { isRead }]) => isRead).length).toBeGreaterThan(600)
    expect(tried.filter(([, { isRead }]) => !isRead).length).toBeGreaterThan(600)
  })
})

describe('the splitter of event streams', () => {
  it('finds the events of the standard, in whatever chunks they come', () => {
    const faults = seeds(1_500).map((seed) => [seed, splitterFault(seed)] as const)
    expect(faults.filter(([, fault]) => fault !== null)).toEqual([])
  })

  it('is held against a reference that knows the standard', () => {
    const text = '\ufeffdata: a\r\n: x\r\ndata:b\r\rdata\n\nid: 1\n\ndata:  c'
    expect(referenceOf(new TextEncoder().encode(text))).toEqual(['a\nb', '', ' c'])
  })
})
