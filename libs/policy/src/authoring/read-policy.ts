import { PolicyDocument } from '@writ/contracts'
import type { Document } from 'yaml'
import { isScalar, Lexer, LineCounter, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import type { Position, PositionOf } from './positions.ts'
import { placeOf, positionsIn } from './positions.ts'
import { flatIssues } from './zod-issues.ts'

/** Something that keeps a text from being a policy. `path` is empty for the text as a whole. */
export type PolicyProblem = Position & { readonly path: string; readonly message: string }

export type PolicyFormat = 'yaml' | 'json'

/** A text that was read, with the way back to where each part of it is written. */
export type Source<T> = { readonly value: T; readonly positionOf: PositionOf }

/** Longest text that is read, in UTF-16 units. */
export const MAX_POLICY_TEXT = 256 * 1024
/** Words and signs of one text: a parser spends some 20 us on each, and most on those that have no business where they stand. */
export const MAX_TOKENS = 20_000
/** Aliases that are followed: each is looked for in the whole text. */
const MAX_ALIASES = 100
const MAX_KEYS = 2000

/** Reads one policy document. @returns the document, or everything that is wrong with it */
export function readPolicy(
  text: string,
  { format }: { readonly format: PolicyFormat },
): PolicyDocument | readonly PolicyProblem[] {
  const source = readSource(text, format, PolicyDocument)
  return isProblems(source) ? source : source.value
}

export const isProblems = (read: unknown): read is readonly PolicyProblem[] => Array.isArray(read)

/** Reads a text of one shape. Aliases are followed a bounded number of times; a key that stands twice is an error, in JSON too. */
export function readSource<T extends z.ZodType>(
  text: string,
  format: PolicyFormat,
  shape: T,
): Source<z.infer<T>> | readonly PolicyProblem[] {
  const excess = excessOf(text)
  if (excess !== null) return [excess]
  const lines = new LineCounter()
  const parsed = parsedIn(text, lines)
  if (parsed === null) return [asAWhole(TOO_DEEP)]
  const errors = [...parsed.errors, ...duplicatesIn(parsed)]
  if (errors.length > 0) return syntaxProblems(errors, lines)
  if (aliasesIn(parsed) > MAX_ALIASES) return [asAWhole('the text refers to itself too often')]
  const positionOf = positionsIn(parsed, lines)
  if (format === 'json' && !isJson(text)) return [asAWhole('this is YAML, and not JSON')]
  const tree = treeOf(parsed)
  if (tree === null) return [asAWhole('the text refers to itself too often, or nests too deep')]
  const read = attempt(() => shape.safeParse(tree.value))
  if (read === null) return [asAWhole(TOO_DEEP)]
  if (read.success) return { value: read.data, positionOf }
  return flatIssues(read.error.issues, tree.value).map(({ steps, message, at }) => ({
    path: placeOf(steps),
    message,
    ...positionOf(steps, at),
  }))
}

const TOO_DEEP = 'the text nests too deep'

const asAWhole = (message: string): PolicyProblem => ({ path: '', message, line: 1, column: 1 })

function excessOf(text: string): PolicyProblem | null {
  if (text.length > MAX_POLICY_TEXT) return asAWhole(`the text is longer than ${MAX_POLICY_TEXT} characters`)
  const position = tokenBeyond(text, MAX_TOKENS)
  return (
    position && { path: '', message: `the text has more than ${MAX_TOKENS} words and signs`, ...position }
  )
}

/** Where the first token beyond so many stands. Found before anything is parsed: the lexer alone takes little. */
function tokenBeyond(text: string, most: number): Position | null {
  let [tokens, offset] = [0, 0]
  for (const token of new Lexer().lex(text)) {
    if (MARKS.has(token)) continue
    if (token.trim() !== '') tokens += 1
    if (tokens > most) return positionAt(text, offset)
    offset += token.length
  }
  return null
}

/** What the lexer says between tokens, and no part of the text: a document begins, a scalar follows, a flow was left open. */
const MARKS: ReadonlySet<string> = new Set(['\u0002', '\u001f', '\u0018'])

function positionAt(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split('\n')
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

/** Parsers go as deep as the text nests, so a text can exhaust them. */
function attempt<T>(work: () => T): T | null {
  try {
    return work()
  } catch {
    return null
  }
}

const parsedIn = (text: string, lineCounter: LineCounter): Document.Parsed | null =>
  attempt(() => parseDocument(text, { ...DIALECT, lineCounter, prettyErrors: false }))

/** YAML without what surprises: no merge keys, no types but those of JSON. Keys are compared below: the parser compares each with each. */
const DIALECT = { version: '1.2', schema: 'core', merge: false, uniqueKeys: false } as const

type SyntaxFault = { readonly message: string; readonly pos: readonly [number, number] }

/** Keys that stand twice in one map, in time linear in the text. */
function duplicatesIn(document: Document): readonly SyntaxFault[] {
  const found: SyntaxFault[] = []
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<string>()
      if (items.length > MAX_KEYS) found.push({ message: `a map has at most ${MAX_KEYS} keys`, pos: [0, 0] })
      for (const { key } of items) {
        if (!isScalar(key)) continue
        const name = String(key.value)
        if (seen.has(name))
          found.push({
            message: `${JSON.stringify(name)} stands here twice: take one out`,
            pos: [key.range?.[0] ?? 0, 0],
          })
        seen.add(name)
      }
    },
  })
  return found
}

function aliasesIn(document: Document): number {
  let count = 0
  visit(document, { Alias: () => void (count += 1) })
  return count
}

function treeOf(document: Document): { readonly value: unknown } | null {
  return attempt(() => ({ value: document.toJS({ maxAliasCount: 100 }) }))
}

/** What a parser says of one line after the first error in it is mostly of the same mistake. */
function syntaxProblems(faults: readonly SyntaxFault[], lines: LineCounter): readonly PolicyProblem[] {
  const problems = faults.map((fault) => syntaxProblem(fault, lines))
  return problems.filter(({ line }, at) => problems.findIndex((other) => other.line === line) === at)
}

function syntaxProblem({ message, pos }: SyntaxFault, lines: LineCounter): PolicyProblem {
  const { line, col } = lines.linePos(pos[0])
  return {
    path: '',
    message: HINTS.get(message) ?? message,
    line: Math.max(line, 1),
    column: Math.max(col, 1),
  }
}

const INDENTED = 'this line is indented differently from those that it belongs to'
/** The parser's words, where they do not say what to do. */
const HINTS = new Map([
  ['Sequence item without - indicator', INDENTED],
  ['All mapping items must start at the same column', INDENTED],
  ['All sequence items must start at the same column', INDENTED],
])

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
