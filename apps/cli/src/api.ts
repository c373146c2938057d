import { Problem } from '@writ/contracts'
import type { z } from 'zod'
import { EXIT, Failure } from './failure.ts'
import { send, sendSoon, Unanswered } from './network.ts'

export type ApiAccess = { readonly origin: string; readonly apiKey: string | undefined }

/** One call of the control plane's API. @throws Failure that says what to do */
export async function callApi<T extends z.ZodType>(
  access: ApiAccess,
  path: string,
  answer: T,
  body?: object,
): Promise<z.infer<T>> {
  const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await asked(access, path, body ? json : {})
  const read = answer.safeParse(await response.json().catch(() => null))
  if (read.success) return read.data
  throw new Failure(
    `${access.origin} answered something that this writ cannot read`,
    'Is that the control plane, and of the same version as this writ?',
    EXIT.unavailable,
  )
}

/** An answer as it comes, however long that takes, as long as something comes. @throws Failure that says what to do */
export async function* downloadByApi(access: ApiAccess, path: string): AsyncGenerator<Uint8Array> {
  const silence = new AbortController()
  const patience = setTimeout(
    () => silence.abort(new DOMException('nothing comes any more', 'TimeoutError')),
    SILENCE_MS,
  )
  try {
    const { body } = await asked(access, path, {}, (url, init) =>
      send(url, { ...init, signal: silence.signal }),
    )
    for await (const part of body ?? []) {
      patience.refresh()
      yield part
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Unanswered(access.origin, 'the connection ended in the middle')
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
  if (!response.ok) throw await refusedBy(response)
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

async function refusedBy(response: Response): Promise<Failure> {
  const problem = Problem.safeParse(await response.json().catch(() => null))
  const text = problem.success
    ? [problem.data.title, problem.data.detail].filter(Boolean).join(': ')
    : `HTTP ${response.status}`
  const fields = problem.success
    ? (problem.data.errors ?? []).map(({ path, message }) => `  ${path}: ${message}`)
    : []
  return new Failure([text, ...fields].join('\n'), remedyOf(response.status), EXIT.unavailable)
}

function remedyOf(status: number): string {
  if (status === 401) return 'Check WRIT_API_KEY: it may be revoked, or of another platform.'
  if (status === 403) return 'Use a key of a role that may do this.'
  if (status === 404) return 'Check the names: there is no such thing in the tenant of this key.'
  if (status >= 500 || status === 429) return 'Try again in a moment; the log of the control plane says more.'
  return 'Check the arguments of the command.'
}
