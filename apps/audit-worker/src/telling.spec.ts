import { describe, expect, it } from '@jest/globals'
import { createLog, createMetrics } from '@writ/runtime'
import { Telling } from './telling.ts'

function given() {
  const lines: string[] = []
  const metrics = createMetrics()
  const clock = { nowMs: 0 }
  const log = createLog('spec', 'debug', { write: (line: string) => void lines.push(line) })
  return { lines, metrics, clock, telling: new Telling(log, metrics, () => clock.nowMs) }
}

describe('trouble with the queue', () => {
  it('is said once a minute and counted every time', async () => {
    const { telling, lines, metrics, clock } = given()
    for (const nowMs of [0, 1_000, 59_999, 60_000, 61_000]) {
      clock.nowMs = nowMs
      telling.queueSaid({ kind: 'trouble', reason: 'connect ECONNREFUSED' })
    }
    expect(lines).toHaveLength(2)
    expect(await metrics.exposition()).toContain('writ_worker_troubles_total{kind="trouble"} 5')
  })

  it('of another kind is said at once', () => {
    const { telling, lines } = given()
    telling.queueSaid({ kind: 'trouble', reason: 'connect ECONNREFUSED' })
    telling.queueSaid({ kind: 'retrying', jobId: '1', reason: 'connection terminated' })
    expect(lines).toHaveLength(2)
  })

  it('is an error each time when it puts a batch aside', async () => {
    const { telling, lines, metrics } = given()
    for (const jobId of ['1', '2'])
      telling.queueSaid({ kind: 'quarantined', jobId, reason: 'malformed at node' })
    expect(lines.map((line) => JSON.parse(line).level)).toEqual([50, 50])
    expect(await metrics.exposition()).toContain('writ_worker_batches_total{outcome="malformed"} 2')
  })
})
