import { isUtf8 } from 'node:buffer'
import type { Json } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import { scanJson } from './json-scan.ts'
import type { Scan } from './json-scan.ts'
import type { MessageLimits } from './message.ts'

export type StrictJson = Scan & { readonly tree: Json }

/** Reads JSON that every reader reads alike: valid UTF-8 without byte order mark, no key twice, bounded, nothing after it. */
export function readStrictJson(bytes: Uint8Array, limits: MessageLimits): StrictJson | Refusal {
  if (bytes.length > limits.maxBytes) return new Refusal('message_too_large')
  if (startsWithByteOrderMark(bytes)) return malformed('the body starts with a byte order mark')
  if (!isUtf8(bytes)) return malformed('the body is not UTF-8')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  const scan = scanJson(text, limits.maxDepth)
  if (isRefusal(scan)) return scan
  const tree = parsed(text)
  const { inexact, foldedKeys } = scan
  return tree === undefined ? malformed('the body is not JSON') : { tree, inexact, foldedKeys }
}

const malformed = (detail: string): Refusal => new Refusal('message_malformed', detail)

const startsWithByteOrderMark = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf

function parsed(text: string): Json | undefined {
  try {
    const tree: Json = JSON.parse(text)
    return tree
  } catch {
    return undefined
  }
}
