import type { BundleTool, Json, JsonObject } from '@writ/contracts'
import { atOnce } from '../at-once.ts'
import type { Definition } from './definition.ts'
import { definitionOf } from './definition.ts'

/**
 * The definitions in a result of one method; none for other methods and for what is no such result. Yields where everything else should
 * get its turn: after some definitions, and within a large one.
 */
export function* readDefinitions(method: string, result: Json): Generator<void, readonly Definition[]> {
  if (!isObject(result)) return []
  const listing = LISTINGS.get(method)
  if (listing === undefined) return SERVER_METHODS.has(method) ? yield* serverIn(result) : []
  const items = result[listing.member]
  return Array.isArray(items) ? yield* listedIn(items, listing) : []
}

/** The same, for callers that hold up nobody. */
export const definitionsIn = (method: string, result: Json): readonly Definition[] =>
  atOnce(readDefinitions(method, result))

/** Definitions between two turns of the event loop. */
const A_SLICE = 32

function* listedIn(items: readonly Json[], { kind, named }: Listing): Generator<void, readonly Definition[]> {
  const found: Definition[] = []
  for (const [at, item] of items.entries()) {
    if (at % A_SLICE === A_SLICE - 1) yield
    const name = isObject(item) ? item[named] : undefined
    if (isObject(item) && typeof name === 'string') found.push(yield* definitionOf(kind, name, item))
  }
  return found
}

type Listing = { readonly member: string; readonly kind: BundleTool['kind']; readonly named: string }

const LISTINGS: ReadonlyMap<string, Listing> = new Map<string, Listing>([
  ['tools/list', { member: 'tools', kind: 'tool', named: 'name' }],
  ['prompts/list', { member: 'prompts', kind: 'prompt', named: 'name' }],
  ['resources/list', { member: 'resources', kind: 'resource', named: 'uri' }],
  ['resources/templates/list', { member: 'resourceTemplates', kind: 'template', named: 'uriTemplate' }],
])

/** In both protocol eras the server says who it is in its first answer. */
const SERVER_METHODS: ReadonlySet<string> = new Set(['initialize', 'server/discover'])

function* serverIn(result: JsonObject): Generator<void, readonly Definition[]> {
  const identity = result['serverInfo']
  const name = isObject(identity) ? identity['name'] : undefined
  return isObject(identity) && typeof name === 'string'
    ? [yield* definitionOf('server', name, withoutVersion(result, identity))]
    : []
}

/** A new version of a server is no other server; what it tells the model and which capabilities it has are. */
function withoutVersion(result: JsonObject, serverInfo: JsonObject): JsonObject {
  const { instructions, capabilities } = result
  const identity = Object.fromEntries(Object.entries(serverInfo).filter(([member]) => member !== 'version'))
  return {
    serverInfo: identity,
    ...(instructions === undefined ? {} : { instructions }),
    ...(capabilities === undefined ? {} : { capabilities }),
  }
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
