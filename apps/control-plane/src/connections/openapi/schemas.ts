import type { Json, JsonObject } from '@writ/contracts'
import type { Budget } from './budget.ts'
import { isObject, listOf } from './plain.ts'
import type { Resolve } from './references.ts'

/** Schemas of one tool: what they refer to stands once in `$defs`, so that a schema may refer to itself. */
export type Schemas = {
  readonly of: (schema: Json | undefined) => Json
  readonly definitions: () => JsonObject
}

/** What only documents and XML readers use, and what could make a client fetch something. */
const DROPPED: ReadonlySet<string> = new Set([
  'discriminator',
  'xml',
  'externalDocs',
  'example',
  'examples',
  '$schema',
  '$id',
  '$anchor',
  '$dynamicRef',
  '$dynamicAnchor',
  '$vocabulary',
  'nullable',
])

/** Members that hold schemas by a name that anybody chooses. */
const BY_NAME: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs', 'dependentSchemas'])
/** Members that hold values, in which nothing is a schema. */
const VALUES: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'required'])

/** Writes schemas of OpenAPI 3.0 and 3.1 as JSON Schema 2020-12. */
export function createSchemas(resolve: Resolve, budget: Budget): Schemas {
  const names = new Map<string, string>()
  const numbers = new Map<string, number>()
  const definitions: Record<string, Json> = {}

  const referred = (reference: string): Json => {
    const known = names.get(reference)
    if (known !== undefined) return { $ref: `#/$defs/${known}` }
    const target = resolve({ $ref: reference })
    // A reference that leads nowhere says nothing.
    if (target === null) return {}
    const name = freeName(reference, definitions, numbers)
    names.set(reference, name)
    definitions[name] = {}
    definitions[name] = of(target)
    return { $ref: `#/$defs/${name}` }
  }

  const member = (name: string, value: Json): Json => {
    if (VALUES.has(name)) return value
    if (BY_NAME.has(name) && isObject(value))
      return Object.fromEntries(Object.entries(value).map(([own, schema]) => [own, of(schema)]))
    if (Array.isArray(value)) return value.map((part) => (isObject(part) ? of(part) : part))
    return isObject(value) ? of(value) : value
  }

  const of = (schema: Json | undefined): Json => {
    if (typeof schema === 'boolean') return schema
    if (!isObject(schema)) return {}
    budget.schema()
    const reference = schema['$ref']
    if (typeof reference === 'string') return referred(reference)
    const kept = Object.entries(schema).filter(([name]) => !DROPPED.has(name) && !name.startsWith('x-'))
    const written = Object.fromEntries(kept.map(([name, value]) => [name, member(name, value)]))
    return asOf31(written, schema['nullable'] === true)
  }
  return { of, definitions: () => definitions }
}

/** @param numbers the last one that was given out, by name */
function freeName(reference: string, taken: JsonObject, numbers: Map<string, number>): string {
  const own = (reference.split('/').at(-1) ?? '').replaceAll(/[^\w.-]/g, '_') || 'schema'
  for (let number = (numbers.get(own) ?? 0) + 1; ; number += 1) {
    const name = number === 1 ? own : `${own}_${number}`
    if (Object.hasOwn(taken, name)) continue
    numbers.set(own, number)
    return name
  }
}

/** 3.0 says `nullable`, and bounds that are excluded by a yes; 3.1 is JSON Schema. */
function asOf31(schema: Readonly<Record<string, Json>>, isNullable: boolean): Json {
  const bounded = { ...schema }
  for (const [excluded, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof bounded[excluded] !== 'boolean') continue
    const limit = bounded[bound]
    if (bounded[excluded] && limit !== undefined) {
      bounded[excluded] = limit
      delete bounded[bound]
    } else delete bounded[excluded]
  }
  if (!isNullable) return bounded
  const { type } = bounded
  if (typeof type === 'string') bounded['type'] = [type, 'null']
  if (Array.isArray(bounded['enum'])) bounded['enum'] = [...listOf(bounded['enum']), null]
  return type === undefined && !('enum' in bounded) ? { anyOf: [bounded, { type: 'null' }] } : bounded
}
