import { ActionClass } from '@writ/contracts'
import type { Json, JsonObject } from '@writ/contracts'
import { RESERVED } from './lower/membership.ts'
import { cedarText } from './write/literal.ts'

/** What a tenant's connections offer. */
export type Catalogue = readonly {
  readonly connection: string
  readonly tools: readonly {
    readonly name: string
    readonly class: ActionClass
    /** JSON Schema of the arguments; null where the upstream says nothing of them */
    readonly inputSchema: JsonObject | null
  }[]
}[]

/**
 * The Cedar schema of a catalogue (docs.cedarpolicy.com/schema/human-readable-schema.html): the entities of the view, one action for each
 * tool in the group of its class, and the context of each action with the arguments that its input schema names. Arguments that have no
 * Cedar type are left out, so that the validator refuses policies that read them.
 */
export function schemaOf(catalogue: Catalogue): string {
  const tools = new Map(catalogue.filter(({ connection }) => !RESERVED.has(connection)).flatMap(actionsOf))
  return [
    ENTITIES,
    ...ActionClass.options.map((one) => `action ${cedarText(`class/${one}`)};`),
    action('receive', null, '{}'),
    ...METHODS.map((method) => action(`method/${method}`, null, '{}')),
    ...tools.values(),
    '',
  ].join('\n')
}

const ENTITIES = `entity Group;
entity Agent in [Group] { id: String, name: String, groups: Set<String> };
entity Human in [Group] { id: String, name: String, groups: Set<String> };
entity Resource { id: String, trust: String };
type WritChain = { ids: Set<String>, names: Set<String>, groups: Set<String> };
type WritSession = { id: String, labels: Set<String>, calls: Long, denials: Long };
type WritConnection = { id: String, name: String, trust: String };
type WritTool = { pin: String, annotations: { readOnlyHint?: Bool, destructiveHint?: Bool, idempotentHint?: Bool, openWorldHint?: Bool, title?: String } };
type WritAction = { method: String, tool?: String, class: String, classSource: String };`

/** Methods of both protocol eras that name no tool, prompt or resource. */
const METHODS = [
  'initialize',
  'ping',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'completion/complete',
  'logging/setLevel',
  'server/discover',
]

function actionsOf({ connection, tools }: Catalogue[number]): [string, string][] {
  return tools.map((tool) => {
    const id = `${connection}/${tool.name}`
    return [id, action(id, tool.class, recordType(tool.inputSchema ?? {}, 0))]
  })
}

function action(id: string, group: string | null, args: string): string {
  const parents = group === null ? '' : ` in [${cedarText(`class/${group}`)}]`
  return `action ${cedarText(id)}${parents} appliesTo { principal: Agent, resource: Resource, context: { human: Human, chain: WritChain, session: WritSession, connection: WritConnection, tool: WritTool, action: WritAction, direction: String, channel: String, signals: Set<String>, args: ${args} } };`
}

/** Deeper than this, arguments are left out. */
const DEEPEST = 8

function recordType(schema: JsonObject, depth: number): string {
  const properties = objectAt(schema, 'properties')
  const required = Array.isArray(schema['required']) ? (schema['required'] as readonly Json[]) : []
  const members = Object.entries(properties).flatMap(([name, property]) => {
    const type = typeOf(property, depth)
    return type === null ? [] : [`${cedarText(name)}${required.includes(name) ? '' : '?'}: ${type}`]
  })
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

const SCALARS: Readonly<Record<string, string>> = { string: 'String', integer: 'Long', boolean: 'Bool' }

/** Null where Cedar has no such type: numbers with fractions, unions, null. */
function typeOf(schema: Json, depth: number): string | null {
  if (!isObject(schema) || depth >= DEEPEST) return null
  const { type } = schema
  if (type === 'object') return recordType(schema, depth + 1)
  if (type === 'array') return listType(objectAt(schema, 'items'))
  return typeof type === 'string' && Object.hasOwn(SCALARS, type) ? (SCALARS[type] ?? null) : null
}

function listType({ type }: JsonObject): string | null {
  const item = typeof type === 'string' && Object.hasOwn(SCALARS, type) ? SCALARS[type] : undefined
  return item === undefined ? null : `Set<${item}>`
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function objectAt(schema: JsonObject, name: string): JsonObject {
  const value = Object.hasOwn(schema, name) ? (schema[name] ?? null) : null
  return isObject(value) ? value : {}
}
