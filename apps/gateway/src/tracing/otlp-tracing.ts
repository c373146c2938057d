import { createHmac } from 'node:crypto'
import type { Attributes, Context, Span } from '@opentelemetry/api'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  SamplingDecision,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Sampler } from '@opentelemetry/sdk-trace'
import { isRefusal } from '@writ/contracts'
import type { Allowed, AnyEntry, HeaderFields, Received } from '@writ/enforcement'
import { outcomeOf, pause } from '@writ/point'
import type { Tracing } from './tracing.ts'

export type TracingSettings = {
  /** where spans are posted to, as OTLP over HTTP in JSON */
  readonly url: string
  /** the `Authorization` that goes with them; null: none */
  readonly authorization: string | null
  /** the part of all traces that is recorded, 0 to 1, whatever an agent asks for */
  readonly ratio: number
  /** what all gateways of one platform know, and agents do not */
  readonly joinSecret: string
  /** name of this gateway in its spans */
  readonly name: string
  readonly build: string
}

/**
 * Records spans by OpenTelemetry: one of each message, below the agent's own where it names one (W3C Trace Context), and one of its
 * call of the upstream. An agent can keep its messages out of traces, and cannot get more of them into traces than `ratio`. What the
 * collector does not take is dropped: no call waits for it.
 */
export function createOtlpTracing(settings: TracingSettings): Tracing {
  const provider = providerOf(settings)
  const tracer = provider.getTracer('writ.gateway', settings.build)
  const spans = new WeakMap<object, Span>()

  const begin = (received: Received): void => {
    const above = contextOf(received.headers)
    const span = tracer.startSpan('mcp', { kind: SpanKind.SERVER, startTime: received.atMs }, above)
    if (span.isRecording()) spans.set(received, span)
  }
  const below = (allowed: Allowed, message: Span): Span => {
    const context = trace.setSpan(ROOT_CONTEXT, message)
    const attributes = { 'writ.connection': allowed.connection.id }
    return tracer.startSpan('mcp upstream', { kind: SpanKind.CLIENT, attributes }, context)
  }
  return {
    begin,
    steps: (steps) => ({
      ...steps,
      forward: async (allowed, lease, entry) => {
        const message = spans.get(allowed.received)
        if (message === undefined) return steps.forward(allowed, lease, entry)
        const span = below(allowed, message)
        const answer = await steps.forward(named(allowed, span), lease, entry)
        if (isRefusal(answer)) fail(span, answer.code)
        else span.setAttribute('http.response.status_code', answer.status)
        span.end()
        return answer
      },
    }),
    closed: (entry) => {
      const span = spans.get(entry.received)
      if (span === undefined) return
      spans.delete(entry.received)
      describe(span, entry)
      span.end()
    },
    close: () => Promise.race([provider.shutdown().catch(() => {}), pause(LAST_WORD_MS, NEVER)]),
  }
}

const LAST_WORD_MS = 1000
const NEVER = new AbortController().signal

function providerOf({ url, authorization, ratio, joinSecret, name, build }: TracingSettings): TracerProvider {
  const exporter = new OTLPTraceExporter({
    url,
    timeoutMillis: 5000,
    ...(authorization === null ? {} : { headers: { authorization } }),
  })
  const byRatio = createSampler(ratio, joinSecret)
  return new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'writ-gateway',
      'service.instance.id': name,
      'service.version': build,
    }),
    sampler: new ParentBasedSampler({ root: byRatio, remoteParentSampled: byRatio }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1000 })],
  })
}

/** The same choice for every message of a trace, at every gateway. Agents make up the ids of their traces, and cannot foresee it. */
function createSampler(ratio: number, joinSecret: string): Sampler {
  const key = createHmac('sha256', joinSecret).update('writ.traces.v1').digest()
  return {
    shouldSample: (_, traceId) => {
      const part = createHmac('sha256', key).update(traceId).digest().readUInt32BE() / 2 ** 32
      return {
        decision: part < ratio ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
      }
    },
    toString: () => `KeyedRatio{${ratio}}`,
  }
}

/** Version 00 of W3C Trace Context §3.2: no trace and no span is all zeros. */
const TRACE_PARENT = /^00-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})$/

/** What the agent says it is in the middle of; nothing where it says nothing, or not in this form. */
function contextOf(headers: HeaderFields): Context {
  const [sent, ...others] = headers.get('traceparent') ?? []
  const [, traceId, spanId, flags = ''] = others.length === 0 ? (TRACE_PARENT.exec(sent ?? '') ?? []) : []
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}

/** The same call; to the upstream it is part of this span. */
function named(allowed: Allowed, span: Span): Allowed {
  const { traceId, spanId } = span.spanContext()
  const headers = new Map(allowed.received.headers).set('traceparent', [`00-${traceId}-${spanId}-01`])
  return { ...allowed, received: { ...allowed.received, headers } }
}

/** Names and outcomes, as the log line has them; nothing that an agent or an upstream wrote. */
function describe(span: Span, entry: AnyEntry): void {
  const { received, refusal, action } = entry
  span.setAttributes({
    'writ.decision': received.decisionId,
    'writ.outcome': outcomeOf(refusal?.code),
    ...whoActs(entry),
    ...whatIsDone(entry),
  })
  if (action) span.updateName(`mcp ${action.method}`)
  if (refusal) fail(span, refusal.code)
}

const whoActs = ({ current, caller }: AnyEntry): Attributes => ({
  ...(current && { 'writ.tenant': current.bundle.tenant.id, 'writ.bundle.version': current.bundle.version }),
  ...(caller && {
    'writ.agent': caller.agent.id,
    'writ.human': caller.human.id,
    'writ.session': caller.session,
  }),
})

const whatIsDone = ({ connection, action, response }: AnyEntry): Attributes => ({
  ...(connection?.id && { 'writ.connection': connection.id }),
  ...(action && { 'writ.action.class': action.class, 'mcp.method.name': action.method }),
  ...(response && { 'http.response.status_code': response.status }),
})

function fail(span: Span, code: Parameters<typeof outcomeOf>[0]): void {
  span.setAttribute('writ.refusal', code ?? 'internal')
  if (outcomeOf(code) === 'failed') span.setStatus({ code: SpanStatusCode.ERROR })
}
