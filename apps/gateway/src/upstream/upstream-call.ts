import type { Dispatcher } from 'undici'
import { isRefusal, Refusal } from '@writ/contracts'
import type { HangUp } from '@writ/enforcement'
import { StreamRefused } from '@writ/mcp'
import { GatheredBytes } from '@writ/runtime'
import { deadlines } from '../deadlines.ts'
import type { Awaited } from '../deadlines.ts'
import { namedType } from './answer-type.ts'
import { ChunkFeed } from './chunk-feed.ts'
import { refusalOf } from './failure.ts'
import type { UpstreamFields } from './header-rules.ts'
import { valuesOf } from './header-rules.ts'

export type CallLimits = {
  readonly responseBytes: number
  /** from an interim answer to the answer: each of them would begin the wait of the socket anew */
  readonly headersTimeoutMs: number
  readonly bodyTimeoutMs: number
  /** whether 403 is about what was asked for, as it is with HTTP APIs, and not about the credential of everybody */
  readonly forbidsSingly?: boolean
}

type Head = {
  readonly status: number
  readonly headers: UpstreamFields
  /** lower case, without parameters */
  readonly type: string | null
}

/** What came back, before anybody looked at what it says. */
export type RawAnswer = Head &
  (
    | { readonly kind: 'whole'; readonly body: Uint8Array }
    | { readonly kind: 'stream'; readonly chunks: AsyncIterable<Uint8Array>; readonly stop: () => void }
  )

/** `ended` is called when nothing more comes, at least once. */
export type CallWay = { readonly dispatcher: Dispatcher; readonly ended: () => void }

/** Sends one request and settles with its answer: collected up to the limit, or as a stream that waits for its reader. */
export function callUpstream(
  { dispatcher, ended }: CallWay,
  request: Dispatcher.DispatchOptions,
  limits: CallLimits,
  hangUp: HangUp,
): Promise<RawAnswer | Refusal> {
  return new Promise((resolve) => {
    const call = new UpstreamCall(limits, hangUp, { resolve, ended })
    if (hangUp.aborted) return call.onResponseError(null, null)
    try {
      dispatcher.dispatch(request, call)
    } catch (error) {
      call.onResponseError(null, error)
    }
  })
}

/** More of them (1xx) say nothing to anybody. */
const MOST_INTERIM = 100

const BROKEN_OFF = new Refusal('upstream_unreachable', 'the upstream broke off before the end of its answer')

type Controller = Dispatcher.DispatchController
type Settle = { readonly resolve: (answer: RawAnswer | Refusal) => void; readonly ended: () => void }

class UpstreamCall implements Dispatcher.DispatchHandler, Awaited {
  /** of a whole body, once it has begun; of the answer, once an interim one came */
  dueMs = Infinity
  readonly #limits: CallLimits
  readonly #hangUp: HangUp
  readonly #settled: Settle
  #controller: Controller | null = null
  #head: Head | null = null
  #interim = 0
  #feed: ChunkFeed | null = null
  readonly #bytes = new GatheredBytes()

  constructor(limits: CallLimits, hangUp: HangUp, settled: Settle) {
    this.#limits = limits
    this.#hangUp = hangUp
    this.#settled = settled
    hangUp.addEventListener('abort', this.#onHangUp, { once: true })
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    if (this.#hangUp.aborted) this.#onHangUp()
  }

  onResponseStart(controller: Controller, status: number, headers: UpstreamFields): void {
    if (status < 200) return this.#wait()
    const type = headRefusal(status, headers, this.#limits) ?? namedType(headers)
    if (isRefusal(type)) return this.#refuse(type)
    this.#head = { status, headers, type }
    if (type === 'text/event-stream') return this.#stream(controller, this.#head)
    this.dueMs = performance.now() + this.#limits.bodyTimeoutMs
    deadlines.add(this)
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#feed) return this.#feed.push(chunk)
    if (this.#bytes.sizeBytes + chunk.length > this.#limits.responseBytes)
      this.#refuse(new Refusal('upstream_too_large'))
    else this.#bytes.add(chunk)
  }

  onResponseEnd(): void {
    this.#feed?.end()
    if (this.#head === null) return this.#settle(new Refusal('upstream_malformed'))
    const { status, headers, type } = this.#head
    this.#settle({ kind: 'whole', status, headers, type, body: this.#bytes.take() })
  }

  /** The reason stays here: it can name addresses and certificates of the tenant's network. */
  onResponseError(_controller: Controller | null, error: unknown): void {
    if (this.#hangUp.aborted) this.#feed?.end()
    else this.#feed?.fail(new StreamRefused(BROKEN_OFF))
    this.#settle(refusalOf(error))
  }

  late(): void {
    this.#refuse(new Refusal('upstream_unreachable', 'the upstream did not answer in time'))
  }

  #wait(): void {
    if (this.#interim === 0) this.dueMs = performance.now() + this.#limits.headersTimeoutMs
    this.#interim += 1
    if (this.#interim > MOST_INTERIM)
      this.#refuse(new Refusal('upstream_malformed', 'the upstream sends interim answers without end'))
    else deadlines.add(this)
  }

  #stream(controller: Controller, head: Head): void {
    deadlines.drop(this)
    const feed = new ChunkFeed({
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      abort: () => controller.abort(new Error('nobody reads on')),
    })
    this.#feed = feed
    this.#settled.resolve({ kind: 'stream', ...head, chunks: feed, stop: () => void feed.return() })
  }

  #refuse(refusal: Refusal): void {
    this.#settle(refusal)
    this.#controller?.abort(new Error('refused'))
  }

  /** The first answer counts; a promise does not hear the others. */
  #settle(answer: RawAnswer | Refusal): void {
    deadlines.drop(this)
    this.#hangUp.removeEventListener('abort', this.#onHangUp)
    this.#bytes.take()
    this.#settled.resolve(answer)
    this.#settled.ended()
  }

  readonly #onHangUp = (): void => {
    this.#controller?.abort(new Error('the agent hung up'))
  }
}

function headRefusal(status: number, headers: UpstreamFields, limits: CallLimits): Refusal | null {
  if (status === 401 || status === 407) return new Refusal('credential_refused')
  if (status === 403 && limits.forbidsSingly !== true)
    return new Refusal(
      'credential_refused',
      'the upstream does not let the credential of this connection do that',
    )
  // An agent that followed it would leave the gateway.
  if (status >= 300 && status < 400)
    return new Refusal('upstream_malformed', 'the upstream answered with a redirect, which is never followed')
  if (valuesOf(headers['content-encoding']).some((coding) => coding.toLowerCase() !== 'identity'))
    return new Refusal(
      'upstream_malformed',
      'the upstream answered with a content coding that was not asked for',
    )
  if (Number(headers['content-length'] ?? 0) > limits.responseBytes) return new Refusal('upstream_too_large')
  return null
}
