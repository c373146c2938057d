import { Agent as HttpAgent, request as requestHttp } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { createReach, gathered, isLiteralOutOfReach, lookupWithin, OutOfReach } from '@writ/runtime'
import type { ReachSettings, Resolve } from '@writ/runtime'
import { codeOf } from '../../error-code.ts'
import { isLoopbackName } from '../../sso/outbound.ts'
import { failure, SEND_LIMIT_MS } from './channel.ts'
import type { Failure } from './channel.ts'

/** What may be reached, and who says where names are. */
export type WayOut = {
  readonly reach: ReachSettings
  readonly resolve: Resolve
  /** ends what is under way */
  readonly signal: AbortSignal
}

export type Receiver = {
  readonly url: string
  /** PEM; null: the public authorities */
  readonly authorities: string | null
  readonly authorization: string | null
}

/** The body of a good answer, as far as it is short. */
export type Posted = { readonly text: string } | Failure

export const isFailure = (posted: Posted): posted is Failure => 'code' in posted

/** Posts to one receiver over one socket, one request after another. Nothing is followed, and every address is judged. */
export interface HttpPost {
  post(body: string, headers: Readonly<Record<string, string>>): Promise<Posted>
  close(): void
}

const MOST_ANSWER_BYTES = 64 * 1024

export function createHttpPost(receiver: Receiver, { reach: settings, resolve, signal }: WayOut): HttpPost {
  const reach = createReach(settings)
  const target = new URL(receiver.url)
  const isPlain = target.protocol === 'http:'
  const agent = isPlain
    ? new HttpAgent({ keepAlive: true, maxSockets: 1 })
    : new HttpsAgent({
        keepAlive: true,
        maxSockets: 1,
        ...(receiver.authorities !== null && { ca: receiver.authorities }),
      })
  const isOut =
    isLiteralOutOfReach(target.hostname, reach) ||
    (isPlain && !(settings.loopback && isLoopbackName(target.hostname)))
  return {
    post: async (body, headers) => {
      if (isOut) return failure('out_of_reach', 'this address is not reached from here')
      const options: RequestOptions = {
        method: 'POST',
        headers: {
          ...headers,
          'content-length': Buffer.byteLength(body),
          'accept-encoding': 'identity',
          'user-agent': 'writ-outlet',
          ...(receiver.authorization !== null && { authorization: receiver.authorization }),
        },
        agent,
        lookup: lookupWithin(reach, resolve),
        signal: AbortSignal.any([signal, AbortSignal.timeout(SEND_LIMIT_MS)]),
      }
      try {
        return await answerTo(target, options, body)
      } catch (error) {
        return failureBehind(error)
      }
    },
    close: () => agent.destroy(),
  }
}

async function answerTo(target: URL, options: RequestOptions, body: string): Promise<Posted> {
  const send = target.protocol === 'http:' ? requestHttp : requestHttps
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    send(target, options, resolve).on('error', reject).end(body)
  })
  const text = await shortTextOf(answer)
  const status = answer.statusCode ?? 0
  if (status >= 200 && status < 300) return { text }
  return failureOfStatus(status, answer.headers['retry-after'])
}

/** To its end, so that the socket serves again; of what is long nothing is kept. */
async function shortTextOf(answer: IncomingMessage): Promise<string> {
  const bytes = await gathered(answer, MOST_ANSWER_BYTES)
  return bytes === null ? '' : Buffer.from(bytes).toString('utf8')
}

function failureOfStatus(status: number, retryAfter: string | undefined): Failure {
  const detail = `status ${status}`
  if (status >= 300 && status < 400) return failure('redirected', detail)
  if (status >= 500 || status === 429 || status === 408)
    return failure('unavailable', detail, secondsIn(retryAfter) * 1000)
  return failure('refused', detail)
}

const secondsIn = (retryAfter: string | undefined): number =>
  retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : 0

/** What an error of a socket comes to. Its text is not told: it may say addresses. */
export function failureBehind(error: unknown): Failure {
  if (error instanceof OutOfReach) return failure('out_of_reach', 'this address is not reached from here')
  if (error instanceof Error && /^(?:TimeoutError|AbortError)$/.test(error.name))
    return failure('timeout', `no answer within ${SEND_LIMIT_MS / 1000} s`)
  const code = codeOf(error) ?? 'unknown'
  return /CERT|SSL|TLS|SELF_SIGNED|VERIFY|ISSUER/.test(code)
    ? failure('tls', code)
    : failure('unreachable', code)
}
