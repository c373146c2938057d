import { createServer } from 'node:http'
import { listenOn } from '@writ/runtime'
import { afterEach, describe, expect, it } from '@jest/globals'
import { Refusal } from '@writ/contracts'
import type { Entry, Received, Steps } from '@writ/enforcement'
import { receivedOf } from '@writ/point/fixtures'
import { allowedOf } from '../sample.fixture.ts'
import { openTracing } from './open-tracing.ts'
import type { Tracing } from './tracing.ts'

type Sent = { readonly name: string; readonly traceId: string; readonly spanId: string } & {
  readonly parentSpanId?: string
  readonly status: { readonly code?: number }
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[]
}

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

/** A collector, and a gateway's tracing that posts to it. */
async function given(ratio = 1) {
  const bodies: { text: string; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      bodies.push({ text, authorization: request.headers.authorization })
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
  open.push(() => new Promise((resolve) => server.close(() => resolve())))
  const tracing = await openTracing({
    url: `http://127.0.0.1:${port}/v1/traces`,
    authorization: 'Bearer of-the-collector',
    ratio,
    joinSecret: 'what all gateways of one platform know',
    name: 'one',
    build: '1.0',
  })
  const spans = async (): Promise<readonly Sent[]> => {
    await tracing.close()
    return bodies.flatMap(({ text }) =>
      JSON.parse(text).resourceSpans.flatMap((resource: { scopeSpans: { spans: Sent[] }[] }) =>
        resource.scopeSpans.flatMap((scope) => scope.spans),
      ),
    )
  }
  return { tracing, spans, bodies }
}

const ABOVE = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }
const sending = (...traceparent: string[]): Received => ({
  ...receivedOf(),
  headers: new Map([['traceparent', traceparent]]),
})
const entryOf = (received: Received, more: Partial<Entry> = {}): Entry => ({
  channel: 'gateway',
  received,
  startedAtMicros: 0,
  opened: true,
  closed: true,
  ...more,
})

const unused = () => {
  throw new Error('only `forward` is asked for')
}
const UNUSED: Steps = {
  verify: unused,
  read: unused,
  decide: unused,
  inject: unused,
  forward: unused,
  judge: unused,
  settle: unused,
  refuse: unused,
  report: unused,
}

/** One message through: what the upstream was told, and what it answered. */
async function passed(tracing: Tracing, received: Received, answer: Awaited<ReturnType<Steps['forward']>>) {
  const seen: (readonly string[] | undefined)[] = []
  const steps: Steps = {
    ...UNUSED,
    forward: async ({ received: { headers } }) => {
      seen.push(headers.get('traceparent'))
      return answer
    },
  }
  tracing.begin(received)
  const allowed = allowedOf({ received }, '{}')
  await tracing.steps(steps).forward(allowed, { kind: 'none' }, entryOf(received))
  tracing.closed(entryOf(received, { caller: allowed.caller, action: allowed.action }))
  return seen
}

const OK = { kind: 'whole', status: 200, headers: [], body: new Uint8Array() } as const
const valueOf = (span: Sent | undefined, key: string): unknown =>
  Object.values(span?.attributes.find((attribute) => attribute.key === key)?.value ?? {})[0]

describe('the spans of a message', () => {
  it('are part of the trace that the agent is in, and the upstream is told of the one that calls it', async () => {
    const { tracing, spans } = await given()
    const [told] = await passed(tracing, sending(`00-${ABOVE.traceId}-${ABOVE.spanId}-01`), OK)
    const [upstream, message] = await spans()
    expect([message?.traceId, message?.parentSpanId]).toEqual([ABOVE.traceId, ABOVE.spanId])
    expect([upstream?.traceId, upstream?.parentSpanId]).toEqual([ABOVE.traceId, message?.spanId])
    expect(told).toEqual([`00-${ABOVE.traceId}-${upstream?.spanId}-01`])
    expect([message?.name, upstream?.name]).toEqual(['mcp ping', 'mcp upstream'])
  })

  it.each([
    ['no trace', []],
    ['another form', ['00-xyz-1-01']],
    ['a trace of zeros', [`00-${'0'.repeat(32)}-${ABOVE.spanId}-01`]],
    ['two traces', Array.from({ length: 2 }, () => `00-${ABOVE.traceId}-${ABOVE.spanId}-01`)],
  ])('begin a trace of their own where the agent names %s', async (_, traceparent) => {
    const { tracing, spans } = await given()
    await passed(tracing, sending(...traceparent), OK)
    const [, message] = await spans()
    expect(message?.traceId).not.toBe(ABOVE.traceId)
    expect(message?.parentSpanId ?? '').toBe('')
  })

  it('say who called, what for and how it ended, and go to the collector with its own authorization', async () => {
    const { tracing, spans, bodies } = await given()
    const received = sending()
    tracing.begin(received)
    const { caller, action } = allowedOf({ received }, '{}')
    tracing.closed(entryOf(received, { caller, action, refusal: new Refusal('policy_denied') }))
    const [message] = await spans()
    expect(valueOf(message, 'writ.decision')).toBe(received.decisionId)
    expect(valueOf(message, 'writ.agent')).toBe(caller.agent.id)
    expect(valueOf(message, 'writ.session')).toBe(caller.session)
    expect(valueOf(message, 'mcp.method.name')).toBe('ping')
    expect([valueOf(message, 'writ.outcome'), valueOf(message, 'writ.refusal')]).toEqual([
      'deny',
      'policy_denied',
    ])
    expect(message?.status.code ?? 0).toBe(0)
    expect(bodies[0]?.authorization).toBe('Bearer of-the-collector')
  })

  it('are errors where something broke', async () => {
    const { tracing, spans } = await given()
    await passed(tracing, sending(), new Refusal('upstream_unreachable'))
    const [upstream] = await spans()
    expect([upstream?.status.code, valueOf(upstream, 'writ.refusal')]).toEqual([2, 'upstream_unreachable'])
  })

  it('hold nothing that the agent wrote', async () => {
    const { tracing, bodies, spans } = await given()
    const received = { ...sending(), body: Buffer.from('the secret of the agent') }
    const headers = new Map([['authorization', ['DPoP the-token-of-the-agent']]])
    await passed(tracing, { ...received, headers }, OK)
    await spans()
    expect(bodies.map(({ text }) => text).join('')).not.toMatch(/the.secret|the-token/)
  })
})

describe('an agent', () => {
  it('can keep its messages out of traces', async () => {
    const { tracing, spans } = await given()
    const sent = `00-${ABOVE.traceId}-${ABOVE.spanId}-00`
    expect(await passed(tracing, sending(sent), OK)).toEqual([[sent]])
    expect(await spans()).toEqual([])
  })

  it('cannot get more of them into traces than the operator wants', async () => {
    const { tracing, spans } = await given(0)
    await passed(tracing, sending(`00-${ABOVE.traceId}-${ABOVE.spanId}-01`), OK)
    expect(await spans()).toEqual([])
  })
})

/** The ones of fifteen traces that a gateway records. */
const recorded = async () => {
  const { tracing, spans } = await given(0.5)
  for (const end of '123456789abcdef')
    await passed(tracing, sending(`00-${'a'.repeat(31)}${end}-${ABOVE.spanId}-01`), OK)
  return new Set((await spans()).map(({ traceId }) => traceId))
}

describe('an agent that makes up the ids of its traces', () => {
  it.each(['0'.repeat(31), '1111111011111110111111101111111', 'f'.repeat(31)])(
    'gets as many of them recorded as anybody: %s',
    async (begin) => {
      const { tracing, spans } = await given(0.5)
      for (const end of '123456789abcdef')
        await passed(tracing, sending(`00-${begin}${end}-${ABOVE.spanId}-01`), OK)
      const ids = new Set((await spans()).map(({ traceId }) => traceId))
      expect([ids.size > 0, ids.size < 15]).toEqual([true, true])
    },
  )

  it('has the same ones recorded by every gateway', async () => {
    expect(await recorded()).toEqual(await recorded())
  })
})

describe('a collector that is away', () => {
  it('costs a message nothing, and the end a second at most', async () => {
    const tracing = await openTracing({
      url: 'http://127.0.0.1:9/v1/traces',
      authorization: null,
      ratio: 1,
      joinSecret: 'what all gateways of one platform know',
      name: 'one',
      build: '1.0',
    })
    await passed(tracing, sending(), OK)
    await expect(tracing.close()).resolves.toBeUndefined()
  })
})

describe('without a collector', () => {
  it('what the agent says of its trace goes on unchanged', async () => {
    const sent = `00-${ABOVE.traceId}-${ABOVE.spanId}-01`
    expect(await passed(await openTracing(null), sending(sent), OK)).toEqual([[sent]])
  })
})
