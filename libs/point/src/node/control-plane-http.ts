import { Pool } from 'undici'

/** What the control plane answered, or that it did not: then the reason is for the log only. */
export class ControlPlaneAway extends Error {
  override readonly name = 'ControlPlaneAway'
  /** HTTP status where there was an answer */
  readonly status: number | null
  constructor(message: string, status: number | null = null, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

export type HttpAnswer = {
  readonly status: number
  readonly body: Buffer
  readonly header: (name: string) => string | null
}

export type HttpRequest = {
  readonly method: 'GET' | 'POST'
  /** path and query */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export type ControlPlaneHttp = {
  /** @throws ControlPlaneAway when there is no whole answer */
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>
  readonly close: () => Promise<void>
}

/** signed knowledge of packages is the longest there is */
const LONGEST_ANSWER_BYTES = 12 * 1024 * 1024

/** Sockets to the control plane. */
export function openControlPlaneHttp(origin: string): ControlPlaneHttp {
  const pool = new Pool(origin, {
    connections: 32,
    connect: { timeout: 3000 },
    maxResponseSize: LONGEST_ANSWER_BYTES,
  })
  return {
    close: () => pool.destroy(),
    send: async ({ method, path, headers, body, timeoutMs, signal }) => {
      try {
        const answer = await pool.request({
          method,
          path,
          headers: { ...headers, accept: 'application/json', 'content-type': 'application/json' },
          body: method === 'POST' ? body : null,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
          signal: signal ?? null,
        })
        const bytes = Buffer.from(await answer.body.arrayBuffer())
        return { status: answer.statusCode, body: bytes, header: (name) => single(answer.headers[name]) }
      } catch (cause) {
        throw new ControlPlaneAway('the control plane cannot be reached', null, { cause })
      }
    },
  }
}

const single = (value: string | string[] | undefined): string | null =>
  typeof value === 'string' ? value : null
