import { describe, expect, it } from '@jest/globals'
import { isRefusal } from '@writ/contracts'
import * as fc from 'fast-check'
import { readMessage } from '../read-message.ts'
import { canonical, readsOtherwise } from './agreement.suite.ts'
import { CASES, COLUMNS } from './cases.suite.ts'
import type { ReaderCase } from './cases.suite.ts'
import { broken } from './breaking.suite.ts'
import { readLike, REFUSED } from './read-like.suite.ts'
import { READERS } from './traits.suite.ts'

const LIMITS = { maxBytes: 65_536, maxDepth: 64 }
const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === 'string' ? new TextEncoder().encode(text) : text

const readerOf = (name: string) => {
  const found = READERS.find((reader) => reader.name === name)
  if (!found) throw new Error(`no reader is called ${name}`)
  return found
}

const saidOf = ({ unsaid = [] }: ReaderCase) =>
  Object.entries(COLUMNS).filter(([column]) => !unsaid.some((one) => one === column))

const columns = CASES.flatMap((row) =>
  saidOf(row).map(([column, name]) => {
    const own = Object.entries(row).find(([key]) => key === column)?.[1]
    return [row.title, name, row.text, own === undefined ? row.others : String(own ?? '') || null] as const
  }),
)

describe('the models of readers', () => {
  it.each(columns)('make of %s what %s makes of it', (_, name, text, expected) => {
    const value = readLike(readerOf(name), bytesOf(text))
    expect(value === REFUSED ? null : canonical(value)).toBe(expected)
  })

  it('each name where their traits are written down', () => {
    expect(READERS.filter(({ source }) => source.length < 20)).toEqual([])
    expect(new Set(READERS.map(({ name }) => name)).size).toBe(READERS.length)
  })
})

/** The text as an argument of a call, as the body itself, and as a part of an answer. */
const placed = (text: Uint8Array): readonly Uint8Array[] => [
  text,
  Buffer.concat([
    Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"v":'),
    text,
    Buffer.from('}}}'),
  ]),
  Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"result":'), text, Buffer.from('}')]),
]

describe('what is read here', () => {
  it.each(CASES.map((row) => [row.title, row] as const))('is read alike by all of them: %s', (_, row) => {
    for (const body of placed(bytesOf(row.text))) {
      const message = readMessage(body, LIMITS)
      expect(isRefusal(message) ? null : readsOtherwise(body, message)).toBeNull()
    }
  })

  it.each([
    'a name that stands twice',
    'two names of other case',
    'a name with a NUL',
    'a byte that is not UTF-8',
    'half a surrogate pair',
    'a number of no end',
    'lists a hundred deep',
  ])('is not: %s', (title) => {
    const [, asArgument = new Uint8Array()] = placed(
      bytesOf(CASES.find((row) => row.title === title)?.text ?? ''),
    )
    expect(isRefusal(readMessage(asArgument, LIMITS))).toBe(true)
  })

  it('is read alike however it is broken', () => {
    let read = 0
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (seed, more) => {
        const body = broken(seed * 65_537 + more)
        const message = readMessage(body, LIMITS)
        if (isRefusal(message)) return
        read += 1
        expect(readsOtherwise(body, message)).toBeNull()
      }),
      { numRuns: 3_000 },
    )
    expect(read).toBeGreaterThan(300)
  })

  it('would not be, if the reader forgave what JSON.parse forgives: the models see it', () => {
    const seen = Array.from({ length: 3_000 }, (_, seed) => seed).filter((seed) => {
      const body = broken(seed)
      const tree = parsed(body)
      return (
        tree !== undefined &&
        readsOtherwise(body, { kind: 'request', id: 1, method: 'x/y', params: {}, tree }) !== null
      )
    })
    expect(seen.length).toBeGreaterThan(30)
  })
})

function parsed(body: Uint8Array) {
  try {
    const tree = JSON.parse(new TextDecoder().decode(body))
    return typeof tree === 'object' && tree !== null && !Array.isArray(tree) ? tree : undefined
  } catch {
    return undefined
  }
}
