import type { JsonObject, Refusal } from '@writ/contracts'
import { REFUSALS } from '@writ/contracts'

/**
 * The JSON-RPC error that an agent reads of a refusal.
 * @param id of the request that is answered; null where it could not be read
 */
export function errorAnswer(id: string | number | null, refusal: Refusal, data?: JsonObject): Uint8Array {
  const error = { code: REFUSALS[refusal.code].rpc, message: refusal.detail, ...(data ? { data } : {}) }
  return new TextEncoder().encode(JSON.stringify({ jsonrpc: '2.0', id, error }))
}
