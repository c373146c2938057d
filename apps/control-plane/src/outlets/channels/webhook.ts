import {
  cloudEventOf,
  eventIdOf,
  OCSF_EVENT_TYPE,
  ocsfEventOf,
  RECORD_EVENT_TYPE,
  recordEventOf,
  testEventOf,
  webhookHeaders,
} from '@writ/outlets'
import type { Delivered } from '@writ/outlets'
import type { Clock } from '../../clock.ts'
import { allOf, SEND_BEGIN_MS } from './channel.ts'
import type { Channel, Failure, Sent } from './channel.ts'
import { isFailure } from './http-post.ts'
import type { HttpPost } from './http-post.ts'

export type WebhookSettings = {
  readonly format: 'record' | 'ocsf'
  readonly batch: boolean
  readonly secrets: readonly string[]
}

/** CloudEvents in structured mode, one in a request or many, signed as Standard Webhooks says. */
export function createWebhook(http: HttpPost, settings: WebhookSettings, clock: Clock): Channel {
  return {
    send: (batch) => (settings.batch ? sendTogether(batch) : sendOneByOne(batch)),
    test: async (event) => {
      const sent = settings.batch ? [testEventOf(event)] : testEventOf(event)
      return post(`${event.tenant}/test/${event.id}`, JSON.stringify(sent))
    },
    close: async () => http.close(),
  }

  async function sendOneByOne(batch: readonly Delivered[]): Promise<Sent> {
    const overMs = performance.now() + SEND_BEGIN_MS
    for (const [index, delivered] of batch.entries()) {
      const failed = await post(eventIdOf(delivered), JSON.stringify(eventOf(delivered)))
      if (failed) return { delivered: index, failure: failed }
      if (performance.now() >= overMs) return { delivered: index + 1, failure: null }
    }
    return allOf(batch)
  }

  async function sendTogether(batch: readonly Delivered[]): Promise<Sent> {
    const [first, last] = [batch[0], batch.at(-1)]
    if (!first || !last) return allOf(batch)
    const failed = await post(`${eventIdOf(first)}-${last.leafIndex}`, JSON.stringify(batch.map(eventOf)))
    return failed ? { delivered: 0, failure: failed } : allOf(batch)
  }

  async function post(id: string, body: string): Promise<Failure | null> {
    const posted = await http.post(body, {
      'content-type': `application/cloudevents${settings.batch ? '-batch' : ''}+json; charset=utf-8`,
      ...webhookHeaders({ id, atMs: clock.nowMs(), body }, settings.secrets),
    })
    return isFailure(posted) ? posted : null
  }

  function eventOf(delivered: Delivered) {
    return settings.format === 'ocsf'
      ? cloudEventOf(delivered, ocsfEventOf(delivered), OCSF_EVENT_TYPE)
      : cloudEventOf(delivered, recordEventOf(delivered), RECORD_EVENT_TYPE)
  }
}
