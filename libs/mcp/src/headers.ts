import { isUtf8 } from 'node:buffer'
import { isRefusal, Refusal } from '@writ/contracts'
import { claimedVersion, eraOf, isOf2026 } from './era.ts'
import type { Message } from './message.ts'
import { rowOf } from './methods.ts'
import { namedBy } from './named.ts'

/** Every value of a header, in order; empty where it was not sent. Names are lower case. */
export type HeaderLookup = (name: string) => readonly string[]

/**
 * Compares the headers that repeat the body with the body (SEP-2243, SEP-2663). A header that disagrees is refused in both
 * eras; a 2026 request must carry them all. Headers never decide anything: routers between us and the upstream may read them.
 */
export function checkHeaders(message: Message, header: HeaderLookup): Refusal | null {
  const version = sentOnce(header, 'mcp-protocol-version')
  if (isRefusal(version)) return version
  const method = sentOnce(header, 'mcp-method')
  if (isRefusal(method)) return method
  const name = sentOnce(header, 'mcp-name')
  if (isRefusal(name)) return name
  return versionFault(message, version) ?? methodFault(message, method) ?? nameFault(message, name)
}

function sentOnce(header: HeaderLookup, name: string): string | null | Refusal {
  const [value, ...others] = header(name)
  if (others.length > 0) return mismatch(`${name} was sent more than once`)
  return value === undefined ? null : withoutOuterSpace(value)
}

/** RFC 9110 §5.6.3. Step by step: an expression would go over the spaces within once for each of them. */
function withoutOuterSpace(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isSpace(text[start])) start += 1
  while (end > start && isSpace(text[end - 1])) end -= 1
  return text.slice(start, end)
}

const isSpace = (character: string | undefined): boolean => character === ' ' || character === '\t'

function versionFault(message: Message, sent: string | null): Refusal | null {
  const claimed = claimedVersion(message)
  if (sent === null) return isRequired(message) ? mismatch('MCP-Protocol-Version is missing') : null
  if (claimed !== null && claimed !== sent)
    return mismatch('MCP-Protocol-Version disagrees with the version in the body')
  if (message.method === 'initialize' && isOf2026(sent) && !isOf2026(claimed))
    return mismatch('MCP-Protocol-Version names a version that has no initialize')
  return null
}

function methodFault(message: Message, sent: string | null): Refusal | null {
  if (sent === null) return isRequired(message) ? mismatch('Mcp-Method is missing') : null
  return sent === message.method ? null : mismatch('Mcp-Method disagrees with the method in the body')
}

/** Methods whose name, uri or task id stands in `Mcp-Name` too. */
const MIRRORED: ReadonlySet<string> = new Set([
  'tools/call',
  'prompts/get',
  'resources/read',
  'tasks/get',
  'tasks/update',
  'tasks/cancel',
])

function nameFault(message: Message, sent: string | null): Refusal | null {
  const row = rowOf(message)
  if (!row || message.method === null || !MIRRORED.has(message.method)) return null
  if (sent === null) return isRequired(message) ? mismatch('Mcp-Name is missing') : null
  return plainValueOf(sent) === namedBy(message, row)
    ? null
    : mismatch('Mcp-Name disagrees with the name in the body')
}

const isRequired = (message: Message): boolean => message.kind === 'request' && eraOf(message) === '2026'

const SENTINEL = /^=\?base64\?(.*)\?=$/s
const CANONICAL_BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Decodes `=?base64?…?=`, which carries what a header cannot; undefined where it does not decode to text. */
function plainValueOf(sent: string): string | undefined {
  const encoded = SENTINEL.exec(sent)?.[1]
  if (encoded === undefined) return sent
  if (!CANONICAL_BASE64.test(encoded)) return undefined
  const bytes = Buffer.from(encoded, 'base64')
  return isUtf8(bytes) && bytes.toString('base64') === encoded ? bytes.toString('utf8') : undefined
}

const mismatch = (detail: string): Refusal => new Refusal('header_mismatch', detail)
