import { describe, expect, it } from '@jest/globals'
import { isRefusal } from '@writ/contracts'
import { WORST } from './fuzz/worst.suite.ts'
import { readMessage } from './read-message.ts'
import { lookAlikeIn } from './reserved-names.ts'

const MIB = 1024 * 1024
const LIMITS = { maxBytes: 2 * MIB, maxDepth: 64 }
/** A ratio of less than this is the noise of the machine. */
const FLOOR_MS = 150

function cpuMs(act: () => unknown): number {
  const spent = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage()
    act()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  return Math.min(...spent)
}

const argumentsWith = (names: readonly string[]): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'x', arguments: Object.fromEntries(names.map((name) => [name, 1])) },
    }),
  )

const distinct = (count: number, name: string): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${name}${at}`)

describe('looking for names that could be taken for others', () => {
  it.each(WORST.filter(({ title }) => title.includes('name')))(
    'costs about what reading costs, whatever the names: $title',
    ({ body }) => {
      const hostile = Buffer.from(body(MIB))
      const plain = Buffer.from(JSON.stringify(distinct(60_000, 'some_plain_words')))
      const plainMs = cpuMs(() => readMessage(plain, LIMITS))
      expect(cpuMs(() => readMessage(hostile, LIMITS))).toBeLessThan(Math.max(20 * plainMs, FLOOR_MS))
    },
  )

  it('costs no more among the members of params', () => {
    const params = Object.fromEntries(distinct(7_000, '\ufdfa'.repeat(50)).map((name) => [name, 1]))
    const plain = Object.fromEntries(distinct(7_000, 'some_plain_words').map((name) => [name, 1]))
    const reserved = new Set(['name'])
    const plainMs = cpuMs(() => lookAlikeIn(plain, reserved))
    expect(cpuMs(() => lookAlikeIn(params, reserved))).toBeLessThan(Math.max(20 * plainMs, FLOOR_MS))
  })

  it.each([
    ['a thousand names of another alphabet', distinct(1_000, '\u0438\u043c\u044f \u043f\u043e\u043b\u044f')],
    ['a name with the honorific of one letter', ['\u0627\u0644\u0646\u0628\u064a \ufdfa']],
    ['long names', ['\u6771'.repeat(1_000), '\u4eac'.repeat(1_000)]],
    ['letters with some marks', ['o\u0302\u0323', 'Vie\u0323\u0302t']],
  ])('lets pass what only looks dear: %s', (_, names) => {
    expect(isRefusal(readMessage(argumentsWith(names), LIMITS))).toBe(false)
  })

  it('counts a name once, however many objects have it', () => {
    const row = Object.fromEntries(distinct(8, '\u0438\u043c\u044f').map((name) => [name, 1]))
    const rows = Array.from({ length: 5_000 }, () => row)
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x', arguments: { rows } } }
    expect(isRefusal(readMessage(Buffer.from(JSON.stringify(body)), LIMITS))).toBe(false)
  })

  it.each([
    ['more than can be folded in time', distinct(3_000, '\u00e9'.repeat(60))],
    ['more marks than any language has', [`a${'\u0301'.repeat(31)}`]],
  ])('refuses what it cannot tell: %s', (_, names) => {
    const read = readMessage(argumentsWith([...names, 'A']), LIMITS)
    expect(isRefusal(read) && read.code).toBe('message_ambiguous')
  })
})
