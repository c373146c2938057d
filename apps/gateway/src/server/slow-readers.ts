import type { ServerResponse } from 'node:http'
import { Refusal } from '@writ/contracts'

const TOO_SLOW = new Refusal('reader_too_slow')
const cut = new WeakSet<ServerResponse>()

/** Ends an answer that its client does not take; nothing more is kept for it. */
export function cutSlowReader(response: ServerResponse): void {
  cut.add(response)
  response.destroy()
}

/** Why an answer was not taken whole, for its record; undefined where the client left by itself. */
export const whyCut = (response: ServerResponse): Refusal | undefined =>
  cut.has(response) ? TOO_SLOW : undefined
