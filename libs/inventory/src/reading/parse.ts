import { createScanner, parseTree } from 'jsonc-parser'
import type { Node, ParseError } from 'jsonc-parser'
import { parse as parseTomlText } from 'smol-toml'
import { parseDocument } from 'yaml'
import type { Value } from './value.ts'
import { TooMuch, valueFrom } from './value.ts'

export type Format = 'jsonc' | 'toml' | 'yaml'

/** `problem`: what is wrong with the text, in words that hold nothing of it. A value may be there all the same. */
export type Parsed = { readonly value: Value; readonly problem: string | null }

/** Reads a configuration. Never throws: whatever the text is, the answer is what could be read of it. */
export function parse(format: Format, bytes: Uint8Array): Parsed {
  const { text, isExact } = textOf(bytes)
  try {
    const parsed = PARSERS[format](text)
    return isExact ? parsed : { ...parsed, problem: 'it is not valid UTF-8' }
  } catch (error) {
    return { value: null, problem: problemOf(error, format) }
  }
}

const PARSERS: Readonly<Record<Format, (text: string) => Parsed>> = {
  jsonc: parseJsonc,
  toml: parseToml,
  yaml: parseYaml,
}

// The parsers recurse: what nests too deep is turned away before them, and an overflow is a problem like any other.
const MOST_DEPTH = 200
const MOST_VALUES = 400_000

function parseJsonc(text: string): Parsed {
  if (isTooMuch(text)) throw new TooMuch('it is too deep or has too many values')
  const errors: ParseError[] = []
  const tree = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true })
  const line = errors[0] === undefined ? 0 : text.slice(0, errors[0].offset).split('\n').length
  return {
    value: tree === undefined ? null : valueFrom(plainOf(tree)),
    problem: line === 0 ? null : `it is not valid JSON (line ${line})`,
  }
}

/** Maps in place of objects. Of a name that stands twice the last counts, as for the clients. */
function plainOf(node: Node): unknown {
  const children = node.children ?? []
  if (node.type === 'array') return children.map(plainOf)
  if (node.type !== 'object') return node.value
  return new Map(
    children.flatMap(({ children: [name, member] = [] }) =>
      name === undefined ? [] : [[name.value, member === undefined ? null : plainOf(member)] as const],
    ),
  )
}

/** As `SyntaxKind` of the scanner numbers them. */
const TOKEN = { openBrace: 1, closeBrace: 2, openBracket: 3, closeBracket: 4, comma: 5, end: 17 } as const

/** The scanner goes from token to token and does not recurse. */
function isTooMuch(text: string): boolean {
  const scanner = createScanner(text, true)
  let [depth, values] = [0, 0]
  for (let token: number = scanner.scan(); token !== TOKEN.end; token = scanner.scan()) {
    if (token === TOKEN.openBrace || token === TOKEN.openBracket) depth += 1
    else if (token === TOKEN.closeBrace || token === TOKEN.closeBracket) depth -= 1
    else if (token === TOKEN.comma) values += 1
    if (depth > MOST_DEPTH || values > MOST_VALUES) return true
  }
  return false
}

const MOST_YAML = 256 * 1024
const MOST_TOML = 1024 * 1024

function parseToml(text: string): Parsed {
  if (text.length > MOST_TOML) throw new TooMuch('it is too large')
  return { value: valueFrom(parseTomlText(text)), problem: null }
}

function parseYaml(text: string): Parsed {
  if (text.length > MOST_YAML) throw new TooMuch('it is too large')
  const document = parseDocument(text, { logLevel: 'silent', prettyErrors: false })
  return {
    value: valueFrom(document.toJS({ mapAsMap: true, maxAliasCount: 50 })),
    problem: document.errors.length > 0 ? 'it is not valid YAML' : null,
  }
}

function problemOf(error: unknown, format: Format): string {
  if (error instanceof TooMuch) return error.message
  if (error instanceof RangeError) return 'it is too deep or has too many values'
  return `it is not valid ${format.toUpperCase()}`
}

/** UTF-8, or UTF-16 with its mark, as editors on Windows write it. */
export function textOf(bytes: Uint8Array): { readonly text: string; readonly isExact: boolean } {
  if (bytes[0] === 0xff && bytes[1] === 0xfe)
    return { text: new TextDecoder('utf-16le').decode(bytes), isExact: true }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), isExact: true }
  } catch {
    return { text: new TextDecoder('utf-8').decode(bytes), isExact: false }
  }
}
