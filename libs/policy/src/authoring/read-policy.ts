import { PolicyDocument } from '@writ/contracts'
import type { Document } from 'yaml'
import { isScalar, LineCounter, parseDocument, visit } from 'yaml'
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
  if (text.length > MAX_POLICY_TEXT)
    return [asAWhole(`the text is longer than ${MAX_POLICY_TEXT} characters`)]
  const lines = new LineCounter()
  const parsed = parsedIn(text, lines)
  if (parsed === null) return [asAWhole(TOO_DEEP)]
  const errors = [...parsed.errors, ...duplicatesIn(parsed)]
  if (errors.length > 0) return errors.map((error) => syntaxProblem(error, lines))
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
        if (seen.has(name)) found.push({ message: 'Map keys must be unique', pos: [key.range?.[0] ?? 0, 0] })
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

function syntaxProblem({ message, pos }: SyntaxFault, lines: LineCounter): PolicyProblem {
  const { line, col } = lines.linePos(pos[0])
  return { path: '', message, line: Math.max(line, 1), column: Math.max(col, 1) }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
