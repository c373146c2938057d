import { Refusal } from '@writ/contracts'
import { AuthorityError, ServerDistrusted } from '@writ/identity'
import { StreamRefused } from '@writ/mcp'
import { Failure } from '../failure.ts'

/** The gateway as the proxy sees it: one URL and a `fetch` that signs. */
export type Upstream = {
  readonly url: string
  readonly send: (
    url: string,
    init: { method: string; headers: Record<string, string>; body?: Uint8Array; signal?: AbortSignal },
  ) => Promise<Response>
}

/** Largest message that the proxy takes from its client, in bytes. The gateway has its own, lower limit. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024

/** Why a message could not be sent, in words for the agent. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof AuthorityError)
    return new Refusal('credentials_missing', `no access token: ${error.message}; \`writ status\` says more`)
  if (error instanceof ServerDistrusted)
    return new Refusal('credentials_missing', `no access token: ${error.message}`)
  if (error instanceof StreamRefused) return error.refusal
  if (error instanceof Failure) return new Refusal('upstream_unreachable', error.message)
  return new Refusal('internal', 'the signing proxy could not send the message')
}
