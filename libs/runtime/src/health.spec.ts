import { afterEach, describe, expect, it } from '@jest/globals'
import { startAdminServer } from './health.ts'
import type { AdminServer } from './health.ts'
import { createMetrics } from './metrics.ts'

const started: AdminServer[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()))
})

async function given(
  isReady: () => boolean | Promise<boolean> = () => true,
  degradedBy: () => string | null = () => null,
) {
  const metrics = createMetrics()
  const server = await startAdminServer({ port: 0, isReady, degradedBy, metrics })
  started.push(server)
  return {
    metrics,
    get: (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init),
  }
}

describe('the admin server', () => {
  it('says that the process runs', async () => {
    const { get } = await given()
    const answer = await get('/healthz')
    expect([answer.status, await answer.text()]).toEqual([200, 'ok\n'])
  })

  it('says whether work should come, asked anew each time', async () => {
    let isReady = false
    const { get } = await given(() => isReady)
    expect((await get('/readyz')).status).toBe(503)
    isReady = true
    expect((await get('/readyz?verbose')).status).toBe(200)
  })

  it('says what is not as it should be, also while work should come', async () => {
    let fault: string | null = null
    const { get } = await given(
      () => true,
      () => fault,
    )
    expect(await (await get('/readyz')).text()).toBe('ready\n')
    fault = 'no word for 17 s'
    const answer = await get('/readyz')
    expect([answer.status, await answer.text()]).toEqual([200, 'ready\ndegraded: no word for 17 s\n'])
  })

  it('counts a failing readiness check as not ready and shows nothing of it', async () => {
    const { get } = await given(() => Promise.reject(new Error('hunter2')))
    const answer = await get('/readyz')
    expect(answer.status).toBe(503)
    expect(await answer.text()).not.toContain('hunter2')
  })

  it('serves the metrics in the Prometheus text format', async () => {
    const { get, metrics } = await given()
    metrics
      .counter({ name: 'writ_calls_total', help: 'calls', labels: ['outcome'] })
      .inc({ outcome: 'allow' }, 2)
    const answer = await get('/metrics')
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(await answer.text()).toContain('writ_calls_total{outcome="allow"} 2')
  })

  it('knows no other page and no other method', async () => {
    const { get } = await given()
    expect((await get('/')).status).toBe(404)
    expect((await get('/healthz', { method: 'POST', body: 'x' })).status).toBe(405)
  })
})

describe('metrics', () => {
  it('of two processes in one test do not meet', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.gauge({ name: 'writ_age_seconds', help: 'age' }).set(3)
    expect(await one.exposition()).toContain('writ_age_seconds 3')
    expect(await other.exposition()).not.toContain('writ_age_seconds')
  })

  it('carry the process figures and timings in the buckets asked for', async () => {
    const metrics = createMetrics()
    metrics
      .histogram({ name: 'writ_decide_seconds', help: 'decide', bucketsSeconds: [0.001] })
      .observe(0.0004)
    const text = await metrics.exposition()
    expect(text).toContain('writ_decide_seconds_bucket{le="0.001"} 1')
    expect(text).toContain('process_resident_memory_bytes')
  })
})
