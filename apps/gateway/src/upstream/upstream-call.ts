import type { Dispatcher } from 'undici'
import { isRefusal, Refusal } from '@writ/contracts'
import { StreamRefused } from '@writ/mcp'
import { namedType } from './answer-type.ts'
import { ChunkFeed } from './chunk-feed.ts'
import type { UpstreamFields } from './header-rules.ts'
import { valuesOf } from './header-rules.ts'

export type CallLimits = { readonly responseBytes: number; readonly bodyTimeoutMs: number }

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

/** Sends one request and settles with its answer: collected up to the limit, or as a stream that waits for its reader. */
export function callUpstream(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  limits: CallLimits,
  hangUp: AbortSignal,
): Promise<RawAnswer | Refusal> {
  return new Promise((resolve) => {
    if (hangUp.aborted) return resolve(new Refusal('upstream_unreachable'))
    const call = new UpstreamCall(limits, hangUp, resolve)
    try {
      dispatcher.dispatch(request, call)
    } catch {
      call.onResponseError()
    }
  })
}

const BROKEN_OFF = new Refusal('upstream_unreachable', 'the upstream broke off before the end of its answer')

type Controller = Dispatcher.DispatchController
type Settle = (answer: RawAnswer | Refusal) => void

class UpstreamCall implements Dispatcher.DispatchHandler {
  readonly #limits: CallLimits
  readonly #hangUp: AbortSignal
  readonly #resolve: Settle
  #controller: Controller | null = null
  #head: Head | null = null
  #feed: ChunkFeed | null = null
  #chunks: Buffer[] = []
  #sizeBytes = 0
  #bodyTimer: NodeJS.Timeout | undefined

  constructor(limits: CallLimits, hangUp: AbortSignal, resolve: Settle) {
    this.#limits = limits
    this.#hangUp = hangUp
    this.#resolve = resolve
    hangUp.addEventListener('abort', this.#onHangUp, { once: true })
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    if (this.#hangUp.aborted) this.#onHangUp()
  }

  onResponseStart(controller: Controller, status: number, headers: UpstreamFields): void {
    if (status < 200) return
    const type = headRefusal(status, headers, this.#limits) ?? namedType(headers)
    if (isRefusal(type)) return this.#refuse(type)
    this.#head = { status, headers, type }
    if (type === 'text/event-stream') return this.#stream(controller, this.#head)
    this.#bodyTimer = setTimeout(
      () => this.#refuse(new Refusal('upstream_unreachable')),
      this.#limits.bodyTimeoutMs,
    )
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#feed) return this.#feed.push(chunk)
    this.#sizeBytes += chunk.length
    if (this.#sizeBytes > this.#limits.responseBytes) this.#refuse(new Refusal('upstream_too_large'))
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#feed?.end()
    if (this.#head === null) return this.#settle(new Refusal('upstream_malformed'))
    const [only] = this.#chunks
    const body = this.#chunks.length === 1 && only ? only : Buffer.concat(this.#chunks)
    this.#settle({ kind: 'whole', ...this.#head, body })
  }

  /** The reason stays here: it can name addresses and certificates of the tenant's network. */
  onResponseError(): void {
    if (this.#hangUp.aborted) this.#feed?.end()
    else this.#feed?.fail(new StreamRefused(BROKEN_OFF))
    this.#settle(new Refusal('upstream_unreachable'))
  }

  #stream(controller: Controller, head: Head): void {
    const feed = new ChunkFeed({
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      abort: () => controller.abort(new Error('nobody reads on')),
    })
    this.#feed = feed
    this.#resolve({ kind: 'stream', ...head, chunks: feed, stop: () => void feed.return() })
  }

  #refuse(refusal: Refusal): void {
    this.#settle(refusal)
    this.#controller?.abort(new Error('refused'))
  }

  /** The first answer counts; a promise does not hear the others. */
  #settle(answer: RawAnswer | Refusal): void {
    clearTimeout(this.#bodyTimer)
    this.#hangUp.removeEventListener('abort', this.#onHangUp)
    this.#chunks = []
    this.#resolve(answer)
  }

  readonly #onHangUp = (): void => {
    this.#controller?.abort(new Error('the agent hung up'))
  }
}

function headRefusal(status: number, headers: UpstreamFields, limits: CallLimits): Refusal | null {
  if (status === 401 || status === 407)
    return new Refusal(
      'credential_unavailable',
      'the upstream did not take the credential of this connection',
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
