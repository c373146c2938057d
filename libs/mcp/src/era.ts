import { isObject } from './json-object.ts'
import type { Message } from './message.ts'

/** The first version without sessions and handshake. Versions are dates, so they compare as text. */
const FIRST_OF_2026 = '2026-07-28'

/** The era of a message, from its body alone: from 2026-07-28 on each request claims its version in `_meta`. */
export function eraOf(message: Message): '2025' | '2026' {
  return isOf2026(claimedVersion(message)) ? '2026' : '2025'
}

/** The version that the body claims; null where it claims none. */
export function claimedVersion(message: Message): string | null {
  const meta = message.params['_meta']
  const claim = isObject(meta) ? meta['io.modelcontextprotocol/protocolVersion'] : null
  return typeof claim === 'string' ? claim : null
}

export const isOf2026 = (version: string | null): boolean => version !== null && version >= FIRST_OF_2026
