import { urlOf } from '@writ/contracts'
import { z } from 'zod'
import type { CliConfig } from './config.ts'
import { EXIT, Failure } from './failure.ts'

/** Longest wait for an answer of the control plane. */
const PATIENCE_MS = 30_000

/** A server that was not there. `reason` is a code or a few words. */
export class Unanswered extends Failure {
  readonly reason: string
  constructor(url: string, reason: string) {
    super(
      `${new URL(url).origin} does not answer (${reason})`,
      'Is the platform running (`npm start`), and is that its address? Name another with --url, --gateway or WRIT_CONTROL_PLANE_URL.',
      EXIT.unavailable,
    )
    this.reason = reason
  }
}

/** One request that follows no redirect: what it carries is for this server only. @throws Unanswered */
export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error' })
  } catch (error) {
    if (init.signal?.aborted && !isTimeout(init.signal.reason)) throw error
    throw new Unanswered(url, isTimeout(error) ? 'it took too long' : reasonOf(error))
  }
}

/** Like `send`, for servers that answer at once or not at all. */
export const sendSoon = (url: string, init: RequestInit = {}, patienceMs = PATIENCE_MS): Promise<Response> =>
  send(url, { ...init, signal: AbortSignal.timeout(patienceMs) })

/** The origin of a server, fit to be told secrets. @throws Failure */
export function serverIn(
  text: string,
  config: Pick<CliConfig, 'WRIT_ALLOW_PLAIN_HTTP_BEYOND_LOOPBACK'>,
): string {
  const url = urlOf(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new Failure('that is not the address of a server', 'Give one such as https://writ.example.com.')
  const isPlain = url.protocol === 'http:' && !LOOPBACK.test(url.hostname)
  if (isPlain && config.WRIT_ALLOW_PLAIN_HTTP_BEYOND_LOOPBACK === 'no')
    throw new Failure(
      `${url.origin} would be told secrets in plain text`,
      'Use https. On a network that you trust whole: WRIT_ALLOW_PLAIN_HTTP_BEYOND_LOOPBACK=yes.',
    )
  return url.origin
}

const LOOPBACK = /^(?:127(?:\.\d+){3}|localhost|\[::1\])$/

const Named = z.object({ name: z.string() })
const isTimeout = (reason: unknown): boolean => Named.safeParse(reason).data?.name === 'TimeoutError'

const NetworkFault = z.object({ cause: z.object({ code: z.string().optional(), message: z.string() }) })

function reasonOf(error: unknown): string {
  const { cause } = NetworkFault.safeParse(error).data ?? {}
  return cause?.code ?? cause?.message ?? 'the connection failed'
}
