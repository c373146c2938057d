import type { Json, JsonObject } from '@writ/contracts'

/** What the bridge looks at of a message; it passes on the text as it stands. */
export type Envelope = {
  readonly method: string | null
  readonly id: Json | undefined
  readonly params: JsonObject
  readonly result: JsonObject
  /** code of an error */
  readonly code: number | null
}

/** Null for a line that is no message: some servers write such lines where only messages belong. */
export function envelopeIn(line: string): Envelope | null {
  const tree = treeOf(line)
  if (!isObject(tree) || tree['jsonrpc'] !== '2.0') return null
  const { method, id, params, result, error } = tree
  return {
    method: typeof method === 'string' ? method : null,
    id,
    params: isObject(params) ? params : {},
    result: isObject(result) ? result : {},
    code: isObject(error) && typeof error['code'] === 'number' ? error['code'] : null,
  }
}

function treeOf(line: string): Json {
  try {
    const tree: Json = JSON.parse(line)
    return tree
  } catch {
    return null
  }
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `7` and `"7"` are two ids. */
export const keyOf = (id: Json | undefined): string => JSON.stringify(id ?? null)

export const isRequest = ({ method, id }: Envelope): boolean => method !== null && id !== undefined
