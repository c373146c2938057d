import { createHash } from 'node:crypto'
import type { BundleTool, Json, JsonObject } from '@writ/contracts'
import { canonicalParts } from './canonical-text.ts'

/** A tool, prompt, resource, resource template or server as an upstream defines it. */
export type Definition = {
  readonly kind: BundleTool['kind']
  readonly name: string
  /** SHA-256 over the canonical definition, hex: any change of what a model reads of it is another pin */
  readonly pin: string
  /** the same without its name and title: the same content under another name is recognised by it */
  readonly contentPin: string
  readonly description: string
  readonly annotations: JsonObject
  readonly inputSchema: JsonObject | null
}

/**
 * Yields where everything else should get its turn: a definition may be as large as an answer.
 * @param source the item of a listing, or the server's identity; `kind` and `name` say what it is taken for
 */
export function* definitionOf(
  kind: BundleTool['kind'],
  name: string,
  source: JsonObject,
): Generator<void, Definition> {
  const pinned = Object.entries(source).filter(([member]) => !UNPINNED.has(member))
  const content = pinned.filter(([member]) => !NAMES.has(member))
  return {
    kind,
    name,
    pin: yield* hashOf([kind, name, Object.fromEntries(pinned)]),
    contentPin: yield* hashOf([kind, Object.fromEntries(content)]),
    description: textOf(source['description']),
    annotations: objectOf(source['annotations']) ?? {},
    inputSchema: objectOf(source['inputSchema']),
  }
}

/** Sizes, icons and `_meta` change without meaning anything to a model. Every other member is pinned, known or not. */
const UNPINNED: ReadonlySet<string> = new Set(['_meta', 'icons', 'size'])
/** A renamed tool may carry a new title with its new name. */
const NAMES: ReadonlySet<string> = new Set(['name', 'title', 'uri', 'uriTemplate'])

function* hashOf(value: Json): Generator<void, string> {
  const hash = createHash('sha256')
  let parts = 0
  for (const part of canonicalParts(value)) {
    if ((parts += 1) > 1) yield
    hash.update(part)
  }
  return hash.digest('hex')
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const objectOf = (value: Json | undefined): JsonObject | null =>
  typeof value === 'object' && value !== null && !isList(value) ? value : null
const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
