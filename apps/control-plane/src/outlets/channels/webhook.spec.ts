import { afterEach, describe, expect, it } from '@jest/globals'
import type { Delivered } from '@writ/outlets'
import { LEASE_SECONDS } from '../places.ts'
import { SEND_LIMIT_MS } from './channel.ts'
import type { HttpPost } from './http-post.ts'
import { createWebhook } from './webhook.ts'

const realNow = performance.now.bind(performance)
afterEach(() => {
  performance.now = realNow
})

/** A receiver that takes everything, so much later each time by the clock that is read here. */
function slowReceiver(eachMs: number): HttpPost & { readonly seen: string[]; readonly tookMs: () => number } {
  let nowMs = 1000
  const seen: string[] = []
  performance.now = () => nowMs
  return {
    seen,
    tookMs: () => nowMs - 1000,
    post: (_, headers) => {
      nowMs += eachMs
      seen.push(String(headers['webhook-id']))
      return Promise.resolve({ text: '' })
    },
    close: () => {},
  }
}

const some = (count: number): Delivered[] =>
  Array.from({ length: count }, (_, leafIndex) => ({
    tenant: 'ten_x',
    leafIndex,
    ingestedAtMs: 0,
    bytes: '{}',
    record: JSON.parse('{"decisionId":"dec_x","at":"2026-01-01T00:00:00.000Z"}'),
    shown: {},
    disclosed: {},
  }))

describe('a webhook that takes one record a request', () => {
  it.each([400, 3000, SEND_LIMIT_MS])(
    'and %i ms for each is left in time for the lease, with what it has taken',
    async (eachMs) => {
      const receiver = slowReceiver(eachMs)
      const settings = { format: 'record', batch: false, secrets: [] } as const
      const sent = await createWebhook(receiver, settings, { nowMs: () => 0 }).send(some(200))
      expect(receiver.tookMs()).toBeLessThan((LEASE_SECONDS * 1000) / 1.5)
      expect(sent).toEqual({ delivered: receiver.seen.length, failure: null })
      expect(receiver.seen.length).toBeGreaterThan(0)
    },
  )

  it('gets all of them where it is fast', async () => {
    const receiver = slowReceiver(1)
    const settings = { format: 'record', batch: false, secrets: [] } as const
    const sent = await createWebhook(receiver, settings, { nowMs: () => 0 }).send(some(200))
    expect([sent.delivered, receiver.seen.length]).toEqual([200, 200])
  })
})
