import { describe, expect, it } from '@jest/globals'
import { readCedar } from './read-cedar.ts'
import { formatCedar, validateCedar } from './validate-cedar.ts'

const when = (body: string) => `permit (principal, action, resource) when { ${body} };`
const nested = (open: string, close: string, times: number) =>
  when(`${open.repeat(times)}true${close.repeat(times)}`)

/** What breaks the parser for good when it is given to it. */
const DEEP: [string, string][] = [
  ['brackets', nested('(', ')', 100_000)],
  ['negations', nested('!(', ')', 50_000)],
  ['bare negations', when(`${'!'.repeat(100_000)}true`)],
  ['branches', when(`${'if true then true else '.repeat(10_000)}true`)],
  ['attributes', when(`context${'.a'.repeat(100_000)}`)],
  ['literals', when(`${'[{a:'.repeat(20_000)}1${'}]'.repeat(20_000)} == 1`)],
  ['sums', when(`${'1 + '.repeat(50_000)}1 == 1`)],
  ['conjunctions', when(`${'true && '.repeat(50_000)}true`)],
  ['calls', when(`${'context.contains('.repeat(10_000)}1${')'.repeat(10_000)}`)],
  ['a file', '// a comment\n'.repeat(1_000_000)],
]

describe('hostile Cedar', () => {
  it.each(DEEP)(
    '%s without end are refused before the parser sees them, which goes on working',
    (_, text) => {
      const reading = readCedar(text, 'p.cedar')
      expect('faults' in reading && reading.faults).toHaveLength(1)
      expect(validateCedar(text, 'entity A;', 'p.cedar')).toHaveLength(1)
      expect(formatCedar(text, 'p.cedar')).toHaveProperty('faults')
      expect(readCedar(when('true'), 'p.cedar')).toHaveProperty('document')
    },
  )

  it.each([
    ['brackets', nested('(', ')', 28)],
    ['attributes', when(`context.args${'.a'.repeat(60)} == 1`)],
    [
      'conjunctions',
      when(Array.from({ length: 50 }, (_, at) => `context.session.calls != ${at}`).join(' && ')),
    ],
  ])('%s that a person may write are read', (_, text) => {
    expect(readCedar(text, 'p.cedar')).toHaveProperty('document')
  })

  it('choices that would multiply are refused in bounded time', () => {
    const choice = '(if context.args has a then 1 else 2)'
    const text = when(`${Array.from({ length: 14 }, () => choice).join(' + ')} > 3`)
    expect(readCedar(text, 'p.cedar')).toHaveProperty('faults')
  })

  it('conditions that come to too many comparisons are refused', () => {
    const text = when(Array.from({ length: 30 }, (_, at) => `context.args.a${at} == 1`).join(' && '))
    expect(readCedar(text, 'p.cedar')).toHaveProperty('faults')
  })

  it('a name of the language itself is only a name', () => {
    const reading = readCedar(when('context.args["__proto__"]["constructor"] == "x"'), 'p.cedar')
    expect('document' in reading && reading.document.rules[0]?.when).toEqual({
      path: 'args.__proto__.constructor',
      op: 'eq',
      value: 'x',
      required: true,
    })
  })

  it('a text that is no Cedar is refused, whatever it is', () => {
    for (const text of ['\u0000', '"', '"\\', ';', ';;;', '\ud800', '@', '/*', 'permit', '{}'.repeat(5)])
      expect(readCedar(text, 'p.cedar')).toHaveProperty('faults')
  })
})
