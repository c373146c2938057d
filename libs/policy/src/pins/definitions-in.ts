import type { BundleTool, Json, JsonObject } from '@writ/contracts'
import type { Definition } from './definition.ts'
import { definitionOf } from './definition.ts'

/** The definitions in a result of one method; none for other methods and for what is no such result. */
export function definitionsIn(method: string, result: Json): readonly Definition[] {
  if (!isObject(result)) return []
  const listing = LISTINGS.get(method)
  if (listing === undefined) return SERVER_METHODS.has(method) ? serverIn(result) : []
  const items = result[listing.member]
  if (!Array.isArray(items)) return []
  return items.flatMap((item: Json) => {
    const name = isObject(item) ? item[listing.named] : undefined
    return isObject(item) && typeof name === 'string' ? [definitionOf(listing.kind, name, item)] : []
  })
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

function serverIn(result: JsonObject): readonly Definition[] {
  const identity = result['serverInfo']
  const name = isObject(identity) ? identity['name'] : undefined
  return isObject(identity) && typeof name === 'string'
    ? [definitionOf('server', name, withoutVersion(result, identity))]
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
