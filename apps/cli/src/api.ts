import { Problem } from '@writ/contracts'
import type { z } from 'zod'
import { EXIT, Failure } from './failure.ts'

export type ApiAccess = { readonly url: string; readonly apiKey: string | undefined }

/** One call of the control plane's API. @throws Failure that says what to do */
export async function callApi<T extends z.ZodType>(
  access: ApiAccess,
  path: string,
  answer: T,
  body?: object,
): Promise<z.infer<T>> {
  if (!access.apiKey) {
    throw new Failure(
      'no API key',
      'Set WRIT_API_KEY to a key of your tenant; an owner makes one with POST /api/v1/api-keys.',
    )
  }
  const response = await reach(new URL(`/api/v1/${path}`, access.url), {
    method: body ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${access.apiKey}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (!response.ok) throw await refusedBy(response)
  return answer.parse(await response.json())
}

/** `fetch` whose failures can be acted on. */
export async function reach(url: URL, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(30_000) })
  } catch {
    throw new Failure(
      `${url.origin} does not answer`,
      'Is the platform running? Start it with `npm start`, or name another with --url.',
      EXIT.unavailable,
    )
  }
}

async function refusedBy(response: Response): Promise<Failure> {
  const problem = Problem.safeParse(await response.json().catch(() => null))
  const text = problem.success
    ? [problem.data.title, problem.data.detail].filter(Boolean).join(': ')
    : `HTTP ${response.status}`
  const fields = problem.success
    ? (problem.data.errors ?? []).map(({ path, message }) => `  ${path}: ${message}`)
    : []
  const remedy = response.status === 401 ? 'Check WRIT_API_KEY.' : 'Check the arguments of the command.'
  return new Failure([text, ...fields].join('\n'), remedy, EXIT.unavailable)
}
