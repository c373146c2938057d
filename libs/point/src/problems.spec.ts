import { describe, expect, it } from '@jest/globals'
import { createLog } from '@writ/runtime'
import { createProblemReport, reasonOf, traceOf } from './problems.ts'

const SECRET = 'sk-live-4f9A7kx0Zq'

function logged() {
  const lines: string[] = []
  return { log: createLog('gateway', 'info', { write: (line) => void lines.push(line) }), lines }
}

function lineOfBug(bug: unknown): string {
  const { log, lines } = logged()
  log.error({ bug: traceOf(bug) }, 'a bug')
  return lines.join()
}

const mimic = `no\n    at ${SECRET} (/srv/${SECRET}.ts:1:1)\n    at /srv/${SECRET}.ts:2:2`

describe('traceOf', () => {
  it.each<readonly [string, () => unknown]>([
    ['in one line', () => new Error(`cannot send ${SECRET}`)],
    ['in many lines', () => new Error(`cannot\nsend\n${SECRET}\n`)],
    ['in lines that look like places', () => new Error(mimic)],
    ['in a cause', () => new Error('no', { cause: new TypeError(mimic) })],
    ['in a cause that is no error', () => new Error('no', { cause: SECRET })],
    ['in a code', () => Object.assign(new Error('no'), { code: SECRET })],
    ['in a name', () => Object.assign(new Error('no'), { name: SECRET })],
    ['in fields', () => Object.assign(new Error('no'), { pattern: SECRET })],
    ['that was thrown bare', () => SECRET],
    ['in a pattern that does not compile', () => thrownBy(() => new RegExp(`(${SECRET}`))],
    ['in JSON that does not parse', () => thrownBy(() => JSON.parse(`{"a": ${SECRET}`))],
    ['in the name of a function', () => thrownBy({ [SECRET]: () => JSON.parse('') }[SECRET] ?? (() => null))],
  ])('leaves nothing in the log line of a secret %s', (_, bug) => {
    const line = lineOfBug(bug())
    expect(line).toContain('a bug')
    expect(line).not.toContain(SECRET)
  })

  it('says what was thrown and where', () => {
    const cause = Object.assign(new RangeError('inner'), { code: 'ERR_OUT_OF_RANGE' })
    const trace = traceOf(new TypeError('outer', { cause }))
    expect(trace.name).toBe('TypeError')
    expect(trace.frames[0]).toMatch(/problems\.spec\.ts:\d+:\d+$/)
    expect(trace.cause?.name).toBe('RangeError')
    expect(trace.cause?.code).toBe('ERR_OUT_OF_RANGE')
    expect(trace.cause?.frames[0]).toMatch(/problems\.spec\.ts:\d+:\d+$/)
  })

  it('ends where causes go round', () => {
    const bug = new Error('round')
    bug.cause = bug
    expect(JSON.stringify(traceOf(bug)).match(/"name"/g)).toHaveLength(4)
  })
})

describe('reasonOf', () => {
  it('keeps the message of a failure and of its cause', () => {
    expect(reasonOf(new Error('no answer', { cause: new Error('connect ECONNREFUSED') }))).toBe(
      'no answer: connect ECONNREFUSED',
    )
    expect(reasonOf(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }))).toBe(
      'TypeError: connect ECONNREFUSED',
    )
  })

  it('leaves out what the language quotes', () => {
    const { log, lines } = logged()
    const report = createProblemReport(log, () => 0)
    report(
      'parsing',
      thrownBy(() => JSON.parse(`{"a": ${SECRET}`)),
    )
    report('compiling', new Error('compiling', { cause: thrownBy(() => new RegExp(`(${SECRET}`)) }))
    expect(lines).toHaveLength(2)
    expect(lines.join()).not.toContain(SECRET)
  })
})

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return null
}

describe('createProblemReport', () => {
  it('says the same again after a minute, and when the clock was set back, which would silence it for as long', () => {
    const { log, lines } = logged()
    const clock = { nowMs: 1_800_000_000_000 }
    const report = createProblemReport(log, () => clock.nowMs)
    for (const byMs of [0, 1000, 60_000, -3_600_000, 1000]) {
      clock.nowMs += byMs
      report('away', 'nobody answers')
    }
    expect(lines).toHaveLength(3)
  })
})
