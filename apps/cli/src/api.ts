import { Problem } from '@writ/contracts'
import type { z } from 'zod'
import { EXIT, Failure } from './failure.ts'
import { send, sendSoon, Unanswered } from './network.ts'

export type ApiAccess = { readonly origin: string; readonly apiKey: string | undefined }

/**
 * Longest answer, in bytes. Evidence is the longest: its records are 32 MiB at most, which as texts in JSON can be twice as long, and as
 * many batches and streams stand beside them.
 */
const LONGEST_ANSWER_BYTES = 128 * 1024 * 1024
/** Longest refusal that is read, in bytes: a title, and what is wrong with which field. */
const LONGEST_REFUSAL_BYTES = 1024 * 1024

/** What the API refused, with its HTTP status. */
export class Refused extends Failure {
  readonly status: number
  constructor(message: string, remedy: string, status: number) {
    super(message, remedy, EXIT.unavailable)
    this.status = status
  }
}

/** Whether the same question may well be answered a little later: nobody was there, or was too busy. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Unanswered || (error instanceof Refused && PASSING.has(error.status))

const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** One call of the control plane's API. @throws Failure that says what to do */
export async function callApi<T extends z.ZodType>(
  access: ApiAccess,
  path: string,
  answer: T,
  body?: object,
): Promise<z.infer<T>> {
  const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await asked(access, path, body ? json : {})
  const read = answer.safeParse(await jsonIn(response, access.origin, LONGEST_ANSWER_BYTES))
  if (read.success) return read.data
  throw new Failure(
    `${access.origin} answered something that this writ cannot read`,
    'Is that the control plane, and of the same version as this writ?',
    EXIT.unavailable,
  )
}

/** @returns null for what is no JSON. @throws Failure for what is longer than so many bytes, or ends in the middle */
async function jsonIn(response: Response, origin: string, mostBytes: number): Promise<unknown> {
  const bytes = await bytesIn(response, origin, mostBytes)
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return null
  }
}

async function bytesIn({ body }: Response, origin: string, mostBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  try {
    for await (const part of body ?? []) {
      sizeBytes += part.length
      if (sizeBytes > mostBytes) throw tooLong(origin, mostBytes)
      parts.push(part)
    }
  } catch (error) {
    throw error instanceof Failure ? error : endedEarly(origin)
  }
  return Buffer.concat(parts)
}

const tooLong = (origin: string, mostBytes: number): Failure =>
  new Failure(
    `${origin} answered more than ${mostBytes / 1024 / 1024} MiB`,
    'Is that the control plane? It was not read any further. Many records are for a pack: writ audit export <file>.zip',
    EXIT.unavailable,
  )

const endedEarly = (origin: string): Unanswered =>
  new Unanswered(origin, 'the connection ended in the middle')

/** An answer as it comes, however long that takes, as long as something comes. @throws Failure that says what to do */
export async function* downloadByApi(
  access: ApiAccess,
  path: string,
  interruption: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const silence = new AbortController()
  const patience = setTimeout(
    () => silence.abort(new DOMException('nothing comes any more', 'TimeoutError')),
    SILENCE_MS,
  )
  try {
    const { body } = await asked(access, path, {}, (url, init) =>
      send(url, { ...init, signal: AbortSignal.any([silence.signal, interruption]) }),
    )
    for await (const part of body ?? []) {
      patience.refresh()
      yield part
    }
  } catch (error) {
    throw error instanceof Failure ? error : endedEarly(access.origin)
  } finally {
    clearTimeout(patience)
  }
}

const SILENCE_MS = 60_000

/** Ends or removes something. @throws Failure that says what to do */
export async function deleteByApi(access: ApiAccess, path: string): Promise<void> {
  const response = await asked(access, path, { method: 'DELETE' })
  await response.body?.cancel()
}

async function asked(
  { origin, apiKey }: ApiAccess,
  path: string,
  init: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string },
  sending: (url: string, init: RequestInit) => Promise<Response> = sendSoon,
): Promise<Response> {
  const authorization = `Bearer ${apiKeyIn(apiKey)}`
  const response = await sending(`${origin}/api/v1/${path}`, {
    ...init,
    headers: { ...init.headers, authorization },
  })
  if (!response.ok) throw await refusedBy(response, origin)
  return response
}

function apiKeyIn(text: string | undefined): string {
  if (text === undefined)
    throw new Failure(
      'no API key',
      'Set WRIT_API_KEY to a key of your tenant; an owner makes one with POST /api/v1/api-keys.',
    )
  if (/^wak_[0-9A-HJKMNP-TV-Z]{26}\.[A-Za-z0-9_-]{43}$/.test(text)) return text
  throw new Failure(
    'WRIT_API_KEY is not an API key',
    'It begins with wak_ and was shown once, when it was made. Set it without quotes or spaces.',
  )
}

async function refusedBy(response: Response, origin: string): Promise<Refused> {
  const problem = Problem.safeParse(await jsonIn(response, origin, LONGEST_REFUSAL_BYTES).catch(() => null))
  const text = problem.success
    ? [problem.data.title, problem.data.detail].filter(Boolean).join(': ')
    : `HTTP ${response.status}`
  const fields = problem.success
    ? (problem.data.errors ?? []).map(({ path, message }) => `  ${path}: ${message}`)
    : []
  return new Refused(
    [text, ...fields].join('\n'),
    remedyOf(response.status, problem.data?.limit),
    response.status,
  )
}

function remedyOf(status: number, limit: string | undefined): string {
  if (status === 409 && limit !== undefined) return 'Remove one of those that there are, or wait for its end.'
  if (status === 401) return 'Check WRIT_API_KEY: it may be revoked, or of another platform.'
  if (status === 403) return 'Use a key of a role that may do this.'
  if (status === 404) return 'Check the names: there is no such thing in the tenant of this key.'
  if (status >= 500 || status === 429) return 'Try again in a moment; the log of the control plane says more.'
  return 'Check the arguments of the command.'
}
