import { isUtf8 } from 'node:buffer'
import type { JsonObject } from '@writ/contracts'

/** One JSON object without duplicate members at any depth, in valid UTF-8 (RFC 7515 §4). Null for anything else. */
export function readStrictObject(bytes: Buffer): JsonObject | null {
  if (!isUtf8(bytes)) return null
  const text = bytes.toString('utf8')
  const value = parse(text)
  return isJsonObject(value) && !hasDuplicateMember(text) ? value : null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** For a value that came out of JSON. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** Walks over JSON that `JSON.parse` already accepted: a string is a member name when a colon follows it. */
function hasDuplicateMember(json: string): boolean {
  const open: Set<string>[] = []
  for (let at = 0; at < json.length; at += 1) {
    const unit = json.charCodeAt(at)
    if (unit === OPEN_OBJECT) open.push(new Set())
    else if (unit === CLOSE_OBJECT) open.pop()
    else if (unit === QUOTE) {
      const end = endOfString(json, at)
      if (isMemberName(json, end) && !addTo(open.at(-1), nameIn(json.slice(at, end)))) return true
      at = end - 1
    }
  }
  return false
}

/** Index just after the closing quote of the string that opens at `from`. */
function endOfString(json: string, from: number): number {
  let at = json.indexOf('"', from + 1)
  while (isEscaped(json, at)) at = json.indexOf('"', at + 1)
  return at + 1
}

/** An odd number of backslashes stands before it. */
function isEscaped(json: string, quote: number): boolean {
  let at = quote
  while (json.charCodeAt(at - 1) === BACKSLASH) at -= 1
  return (quote - at) % 2 === 1
}

function isMemberName(json: string, end: number): boolean {
  let at = end
  while (isSpace(json.charCodeAt(at))) at += 1
  return json.charCodeAt(at) === COLON
}

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d

/** Two spellings of one name are one name: `"a"` and `"\u0061"`. */
const nameIn = (quoted: string): string =>
  quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1)

function addTo(names: Set<string> | undefined, name: string): boolean {
  if (names === undefined || names.has(name)) return false
  names.add(name)
  return true
}
