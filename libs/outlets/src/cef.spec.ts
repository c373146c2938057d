import { describe, expect, it } from '@jest/globals'
import { array, assert, constantFrom, property, string } from 'fast-check'
import { cefHeader, cefOf, cefValue } from './cef.ts'
import { deliveredOf, recordOf, RECORDS } from './delivered.fixture.ts'
import { octetCounted, syslogMessageOf, syslogTestOf } from './syslog.ts'

/** Reads a line of CEF as the format says it is read: an own reader, not the writer turned round. */
function readCef(line: string): { readonly header: string[]; readonly extension: Map<string, string> } {
  const header: string[] = ['']
  let place = 0
  while (place < line.length && header.length < 8) {
    const [one = '', next = ''] = [line[place], line[place + 1]]
    if (one === '\\') header[header.length - 1] += next
    else if (one === '|') header.push('')
    else header[header.length - 1] += one
    place += one === '\\' ? 2 : 1
  }
  // What stands behind the seventh bar is the extension, and its first character was not read yet.
  header.pop()
  const rest = line.slice(place)
  const starts = [...rest.matchAll(/(?:^| )([A-Za-z0-9]+)=/g)].filter(({ index }) => !isEscaped(rest, index))
  const extension = new Map(
    starts.map(({ 0: begin, 1: key = '', index }, n) => [
      key,
      unescaped(rest.slice(index + begin.length, starts[n + 1]?.index ?? rest.length)),
    ]),
  )
  return { header, extension }
}

// A key is never behind a backslash, because every equals sign of a value is.
const isEscaped = (text: string, index: number): boolean => text[index - 1] === '\\' && text[index] !== ' '

const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_, letter: string) => ({ n: '\n', r: '\r' })[letter] ?? letter)

const hostile = string({
  unit: constantFrom(
    '|',
    '\\',
    '=',
    '\n',
    '\r',
    ' ',
    'a',
    'act',
    'act=deny',
    '\0',
    '\u2028',
    '\u001b',
    'é',
    '\uD800',
    'CEF:0|',
  ),
})

describe('a line of CEF', () => {
  it.each(Object.keys(RECORDS))(
    'of a record that is %s has seven fields and the extension that it should',
    (name) => {
      const { header, extension } = readCef(cefOf(deliveredOf(recordOf(name))))
      expect(header.slice(0, 4)).toEqual(['CEF:0', 'Writ', 'Writ', '0.1.0'])
      expect(header).toHaveLength(7)
      expect(Number(header[6])).toBeLessThanOrEqual(10)
      expect(extension.get('externalId')).toBe(`${deliveredOf(recordOf(name)).tenant}/41`)
      expect([...extension.keys()].filter((key) => /^c[sn]\dLabel$/.test(key)).length).toBeGreaterThan(0)
    },
  )

  it('says the same of whatever an agent calls things, and nothing besides', () => {
    assert(
      property(hostile, hostile, (tool, resource) => {
        const record = recordOf('denied')
        const named = { ...record, action: record.action && { ...record.action, tool, resource } }
        const line = cefOf(deliveredOf(named))
        const { header, extension } = readCef(line)
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}]/u)
        expect(header).toHaveLength(7)
        expect([...extension.keys()]).toEqual([...readCef(cefOf(deliveredOf(record))).extension.keys()])
        expect(extension.get('act')).toBe('denied')
        // Blanks at the very end of a value are the reader's to keep or drop.
        expect(extension.get('request')?.trimEnd()).toBe(shown(resource).trimEnd())
      }),
      { numRuns: 300 },
    )
  })

  it('escapes what would end a field, and only that', () => {
    expect(cefHeader('a|b\\c=d\ne')).toBe(String.raw`a\|b\\c=d e`)
    expect(cefValue('a|b\\c=d\ne\rf')).toBe(String.raw`a|b\\c\=d\ne\rf`)
    expect(cefValue('x'.repeat(5000))).toHaveLength(1023)
  })
})

const shown = (text: string): string =>
  Buffer.from(text, 'utf8')
    .toString('utf8')
    .replaceAll(/[^\P{Cc}\r\n]|\p{Zl}/gu, ' ')

/** Reads a stream of octet-counted messages as RFC 6587 §3.4.1 says. */
function readCounted(bytes: Buffer): string[] {
  const messages: string[] = []
  for (let place = 0; place < bytes.length;) {
    const blank = bytes.indexOf(' ', place)
    const length = Number(bytes.toString('latin1', place, blank))
    messages.push(bytes.toString('utf8', blank + 1, blank + 1 + length))
    place = blank + 1 + length
  }
  return messages
}

describe('a syslog message', () => {
  it.each([
    ['allowed', 110],
    ['modified', 109],
    ['refused', 108],
    ['denied', 107],
    ['aborted', 106],
  ])('of a record that is %s has the priority %i and the header of RFC 5424', (name, priority) => {
    const message = syslogMessageOf(deliveredOf(recordOf(name)))
    expect(message).toMatch(
      new RegExp(String.raw`^<${priority}>1 2026-11-20T10:00:00\.123Z nod_\w{26} writ - closed - CEF:0\|`),
    )
  })

  it('is read back whole from a stream, whatever stands in it', () => {
    assert(
      property(array(hostile, { maxLength: 6 }), (tools) => {
        const messages = tools.map((tool) => {
          const record = recordOf('denied')
          return syslogMessageOf(
            deliveredOf({ ...record, action: record.action && { ...record.action, tool } }),
          )
        })
        expect(readCounted(Buffer.from(messages.map(octetCounted).join('')))).toEqual(messages)
      }),
      { numRuns: 50 },
    )
  })

  it('can be about nothing', () => {
    expect(syslogTestOf({ tenant: 't', id: 'x', atMs: 0 })).toBe(
      '<110>1 1970-01-01T00:00:00.000Z - writ - test - CEF:0|Writ|Writ|-|test|test|0|externalId=t/test/x',
    )
  })
})
