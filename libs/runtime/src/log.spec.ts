import { describe, expect, it } from '@jest/globals'
import { createLog } from './log.ts'

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
