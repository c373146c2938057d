import { describe, expect, it } from '@jest/globals'
import type { Rule } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import { currentOf, mediated, stream } from './given.suite.ts'
import type { Given } from './given.suite.ts'
import type { Answer, UpstreamAnswer } from './stages.ts'

describe('a stream that was begun under other rules', () => {
  const noListening: Rule = {
    id: 'no-listening',
    effect: 'deny',
    on: ['outbound'],
    when: { path: 'action.method', op: 'in', value: ['http/get', 'subscriptions/listen', 'tools/call'] },
    reason: 'Not any more.',
  }
  const update = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' }
  const listen = { jsonrpc: '2.0', id: 7, method: 'subscriptions/listen', params: {} }
  const policies = currentOf({ rules: [noListening] }).bundle.policies
  const closed = [{ ...currentOf({}).bundle.groups[0]!, default: 'deny' as const }]

  it.each<[string, Given]>([
    ['a stream of the server', { verb: 'GET' }],
    ['a subscription', { message: listen }],
    ['a call that goes on', {}],
  ])('ends where policy would not let it begin now: %s', async (_, given) => {
    const happened = await mediated({ ...given, answer: stream(update, update) })
    happened.edit({ policies })
    const text = await framesOf(happened.answer)
    expect(text).not.toContain('list_changed')
    expect(text).toContain('-31100')
    expect(happened.entry?.refusal?.code).toBe('policy_denied')
  })

  it('ends also where the default of its group is deny now, and while nothing comes', async () => {
    const happened = await mediated({ message: listen, hasLulls: true, answer: silent() })
    happened.edit({ groups: closed })
    expect(await framesOf(happened.answer)).toContain('-31100')
    expect(happened.log.at(-1)).toBe('close policy_denied')
  })

  it('goes on where the new rules say nothing of it', async () => {
    const happened = await mediated({ message: listen, answer: stream(update) })
    happened.edit({ policies: [] })
    expect(await framesOf(happened.answer)).toContain('list_changed')
  })
})

async function* blanks() {
  for (let at = 0; at < 1000; at += 1) yield { bytes: Buffer.from('\n'), data: null }
}

describe('a stream of more events than there are moments', () => {
  it('lets everything else have its turn among them', async () => {
    const answer = { kind: 'stream' as const, status: 200, headers: [], events: blanks(), stop: () => {} }
    const happened = await mediated({ answer })
    const before = happened.turns
    expect(await framesOf(happened.answer)).toHaveLength(1000)
    expect(happened.turns - before).toBeGreaterThanOrEqual(30)
  })
})

describe('a stream that is cut off', () => {
  it('is recorded with the reason', async () => {
    const slow = new Refusal('reader_too_slow')
    const { answer, log } = await mediated({
      hangUp: AbortSignal.abort(slow),
      answer: stream({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }),
    })
    await framesOf(answer)
    expect(log.at(-1)).toBe('close reader_too_slow')
  })

  it('is recorded as it was where the agent left by itself', async () => {
    const { answer, log } = await mediated({
      hangUp: AbortSignal.abort(),
      answer: stream({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }),
    })
    await framesOf(answer)
    expect(log.at(-1)).toBe('close answered')
  })
})

async function framesOf(answer: Answer): Promise<string> {
  if (answer.kind !== 'stream') throw new Error('a stream was expected')
  let text = ''
  for await (const frame of answer.frames) text += new TextDecoder().decode(frame)
  return text
}

/** A stream on which nothing comes. */
function silent(): UpstreamAnswer {
  let stop: (() => void) | undefined
  const stopped = new Promise<void>((resolve) => {
    stop = resolve
  })
  return {
    kind: 'stream',
    status: 200,
    headers: [],
    stop: () => stop?.(),
    events: (async function* () {
      await stopped
      yield* []
    })(),
  }
}
