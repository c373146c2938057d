import type { ApiDescription, Json, JsonObject } from '@writ/contracts'
import { parseDocument } from 'yaml'
import { UnusableDocument } from './budget.ts'
import { operationsOf } from './operations.ts'
import type { LeftOut } from './operations.ts'
import { isObject, textOf } from './plain.ts'

export type ReadDocument = {
  readonly api: ApiDescription
  /** operations that are no tools, and why */
  readonly leftOut: readonly LeftOut[]
}

/**
 * Reads an OpenAPI document (3.0 or 3.1, JSON or YAML) into what gateways need of it. Nothing is fetched: a reference leads within the
 * document or nowhere, and `servers` is not looked at, because where calls go is the connection's to say.
 * @throws UnusableDocument
 */
export function readOpenApi(text: string): ReadDocument {
  const document = parsed(text)
  const version = textOf(document['openapi'])
  if (!/^3\.[01]\.\d+$/.test(version))
    throw new UnusableDocument('the document is not OpenAPI 3.0 or 3.1: `openapi` says which it is')
  const { operations, leftOut } = operationsOf(document)
  if (operations.length === 0) throw new UnusableDocument('the document has no operation that can be a tool')
  const info = isObject(document['info']) ? document['info'] : {}
  const api = { title: shortOf(info['title']) || 'API', version: shortOf(info['version']) || '0', operations }
  return { api, leftOut }
}

/** They are no schemas, and stand in every bundle. */
const shortOf = (value: Json | undefined): string => textOf(value).slice(0, 256)

function parsed(text: string): JsonObject {
  const document = parseDocument(text, { schema: 'core', uniqueKeys: true })
  const [error] = document.errors
  if (error) throw new UnusableDocument(`the document is neither JSON nor YAML: ${firstLine(error.message)}`)
  const tree = plain(() => document.toJS({ maxAliasCount: 100 }))
  if (!isObject(tree)) throw new UnusableDocument('the document is not an object')
  return tree
}

const firstLine = (message: string): string => message.split('\n', 1)[0] ?? message

/** Written out without aliases. */
const MOST_CHARACTERS = 4 * 1024 * 1024

/** Only what JSON can say goes on, and no part of it twice. */
function plain(read: () => unknown): Json {
  try {
    const written = JSON.stringify(read())
    if (written.length > MOST_CHARACTERS) throw new RangeError('too much of the same')
    const tree: Json = JSON.parse(written)
    return tree
  } catch {
    throw new UnusableDocument('the document says more than JSON can say, or repeats too much of itself')
  }
}
