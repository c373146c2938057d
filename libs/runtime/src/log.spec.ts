import { describe, expect, it } from '@jest/globals'
import { setImmediate as turn } from 'node:timers/promises'
import { createLineLog, createLog } from './log.ts'

function logged(level: 'info' | 'warn' = 'info') {
  const lines: string[] = []
  return { log: createLog('gateway', level, { write: (line) => void lines.push(line) }), lines }
}

describe('a log', () => {
  it('writes one JSON line with its name', () => {
    const { log, lines } = logged()
    log.info({ port: 7410 }, 'listening')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ name: 'gateway', port: 7410, msg: 'listening' })
  })

  it('leaves out what is below its level', () => {
    const { log, lines } = logged('warn')
    log.info('nothing')
    expect(lines).toEqual([])
  })

  it.each(['authorization', 'Authorization', 'dpop', 'DPoP', 'x-api-key', 'password', 'secret', 'token'])(
    'masks %s at every depth down to four',
    (field) => {
      const { log, lines } = logged()
      const leaf = { [field]: 'hunter2' }
      log.info({ ...leaf, one: { ...leaf, two: { ...leaf, three: leaf } } }, 'request')
      expect(lines.join()).not.toContain('hunter2')
      expect(lines.join().match(/\[redacted\]/g)).toHaveLength(4)
    },
  )

  it('masks what a child log always carries', () => {
    const { log, lines } = logged()
    log.child({ headers: { authorization: 'hunter2' } }).info('request')
    expect(lines.join()).toContain('[redacted]')
    expect(lines.join()).not.toContain('hunter2')
  })

  it('masks fields that hang on an error', () => {
    const { log, lines } = logged()
    log.error({ err: Object.assign(new Error('no'), { headers: { 'x-api-key': 'hunter2' } }) })
    expect(lines.join()).toContain('[redacted]')
    expect(lines.join()).not.toContain('hunter2')
  })
})

function listened(level: 'info' | 'warn' = 'info') {
  const writes: string[] = []
  return {
    line: createLineLog('gateway', 'call', level, { write: (text) => void writes.push(text) }),
    writes,
  }
}

describe('a log of lines', () => {
  it('writes what a log writes', async () => {
    const { line, writes } = listened()
    const { log, lines } = logged()
    line({ decision: 'dec_1', method: 'a"b\n', micros: 12, refusal: undefined })
    log.info({ decision: 'dec_1', method: 'a"b\n', micros: 12, refusal: undefined }, 'call')
    await turn()
    const { time, ...said } = JSON.parse(writes[0] ?? '')
    const { time: _, ...wanted } = JSON.parse(lines[0] ?? '')
    expect(said).toEqual(wanted)
    expect(Math.abs(time - Date.now())).toBeLessThan(60_000)
  })

  it('writes the lines of one turn together, each once, in their order', async () => {
    const { line, writes } = listened()
    for (let micros = 0; micros < 3; micros += 1) line({ micros })
    await turn()
    line({ micros: 3 })
    await turn()
    expect(writes).toHaveLength(2)
    const micros = writes
      .join('')
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text).micros)
    expect(micros).toEqual([0, 1, 2, 3])
  })

  it('masks what carries a secret', async () => {
    const { line, writes } = listened()
    line({ Authorization: 'hunter2' })
    await turn()
    expect(writes.join()).toContain('[redacted]')
    expect(writes.join()).not.toContain('hunter2')
  })

  it('leaves out what is below its level', async () => {
    const { line, writes } = listened('warn')
    line({ micros: 1 })
    await turn()
    expect(writes).toEqual([])
  })
})
