// Makes the schemas that the mappings are tested against, from checkouts of the repositories that publish them:
//   node libs/outlets/golden/write.mjs <ocsf-schema> <cloudevents-spec> <opentelemetry-proto>
// A checkout may be bare. All three repositories are under the Apache License 2.0, as this one is.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [OCSF, CLOUD_EVENTS, OTLP] = process.argv.slice(2)
if (OTLP === undefined)
  throw new Error('usage: write.mjs <ocsf-schema> <cloudevents-spec> <opentelemetry-proto>')

const git = (checkout, ...words) =>
  execFileSync('git', ['-C', checkout, ...words], { encoding: 'utf8', maxBuffer: 64e6 })
const read = (path) => JSON.parse(git(OCSF, 'show', `HEAD:${path}`))
const here = (name) => fileURLToPath(new URL(name, import.meta.url))

/** Profiles of the class that the mapping fills; attributes of all others are not in the copy. */
const PROFILES = ['ai_operation', 'record_integrity', 'security_control']
/** Objects that the mapping fills. An attribute of another object is known by its name, and nothing may stand in it. */
const OBJECTS = new Set(
  `actor ai_agent api attestation fingerprint firewall_rule message_context metadata network_endpoint policy
   prev_event product request resource_details response service session user`.split(/\s+/),
)

const BASES = {
  boolean_t: { type: 'boolean' },
  float_t: { type: 'number' },
  integer_t: { type: 'integer' },
  json_t: {},
  long_t: { type: 'integer' },
  string_t: { type: 'string' },
}

const dictionary = read('dictionary.json')
const { types } = dictionary
const objectPaths = new Map(
  git(OCSF, 'ls-tree', '--name-only', 'HEAD', 'objects/')
    .trim()
    .split('\n')
    .map((path) => [path.slice('objects/'.length, -'.json'.length), path]),
)

const event = classSchema('api_activity', 'events/application/api_activity.json')
const definitions = {}
for (const name of OBJECTS) if (objectPaths.has(name)) definitions[name] = objectSchema(name)
write('ocsf-api-activity.schema.json', {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $comment: `Made by write.mjs from ocsf/ocsf-schema ${git(OCSF, 'rev-parse', 'HEAD').trim()} (${read('version.json').version}): API Activity with the profiles ${PROFILES.join(', ')}. Copyright OCSF a Series of LF Projects, LLC; Apache License 2.0.`,
  ...event,
  definitions,
})
write('cloudevents.schema.json', {
  $comment: `cloudevents/spec ${git(CLOUD_EVENTS, 'rev-parse', 'HEAD').trim()}, cloudevents/formats/cloudevents.json. Apache License 2.0.`,
  ...JSON.parse(git(CLOUD_EVENTS, 'show', 'HEAD:cloudevents/formats/cloudevents.json')),
})

write('otlp-logs.json', {
  $comment: `opentelemetry-proto ${git(OTLP, 'rev-parse', 'HEAD').trim()}: the fields of the messages that a log request is made of, in their JSON names. Copyright OpenTelemetry Authors; Apache License 2.0.`,
  ...messagesOf([
    'common/v1/common',
    'resource/v1/resource',
    'logs/v1/logs',
    'collector/logs/v1/logs_service',
  ]),
})

function write(name, schema) {
  writeFileSync(here(name), `${JSON.stringify(schema, null, 1)}\n`)
}

function classSchema(name, path) {
  const chain = chainOf(
    path,
    (parent) => `events/${parent === 'base_event' ? '' : `${parent}/`}${parent}.json`,
  )
  const attributes = merged(chain)
  const { category } = chain.find((part) => part.category) ?? {}
  const categoryUid = read('categories.json').attributes[category].uid
  const classUid = categoryUid * 1000 + chain[0].uid
  const activities = Object.keys(attributes.activity_id.enum).map(Number)
  const schema = schemaOf(attributes, chain)
  Object.assign(schema.properties, {
    category_uid: { const: categoryUid },
    class_uid: { const: classUid },
    class_name: { const: chain[0].caption },
    type_uid: { enum: activities.map((activity) => classUid * 100 + activity) },
  })
  return { title: name, ...schema }
}

function objectSchema(name) {
  const chain = chainOf(objectPaths.get(name), (parent) => objectPaths.get(parent))
  return schemaOf(merged(chain), chain)
}

/** A definition and those that it extends, nearest first. */
function chainOf(path, pathOf) {
  const part = read(path)
  return part.extends ? [part, ...chainOf(pathOf(part.extends), pathOf)] : [part]
}

/** Attributes of the whole chain; an attribute whose profile is not one of ours is left out. */
function merged(chain) {
  const attributes = {}
  for (const part of chain.toReversed()) {
    const included = (part.attributes.$include ?? [])
      .filter((path) => PROFILES.includes(path.slice('profiles/'.length, -'.json'.length)))
      .map((path) => read(path).attributes)
    for (const more of [...included, part.attributes])
      for (const [name, attribute] of Object.entries(more))
        if (name !== '$include')
          attributes[name] = {
            ...attributes[name],
            ...attribute,
            enum: { ...attributes[name]?.enum, ...attribute.enum },
          }
  }
  return attributes
}

function schemaOf(attributes, chain) {
  const constraints = chain.find((part) => part.constraints)?.constraints ?? {}
  const names = Object.keys(attributes)
  const atLeastOne = (constraints.at_least_one ?? []).filter((name) => names.includes(name))
  return {
    type: 'object',
    additionalProperties: false,
    required: names.filter((name) => attributes[name].requirement === 'required'),
    ...(atLeastOne.length > 0 && { anyOf: atLeastOne.map((name) => ({ required: [name] })) }),
    properties: Object.fromEntries(names.map((name) => [name, attributeSchema(name, attributes[name])])),
  }
}

function attributeSchema(name, own) {
  const known = dictionary.attributes[name]
  if (!known) throw new Error(`the dictionary has no ${name}`)
  const values = { ...known.enum, ...own.enum }
  const one = valueSchema(own.type ?? known.type, Object.keys(values))
  return (own.is_array ?? known.is_array) ? { type: 'array', items: one } : one
}

function valueSchema(type, values) {
  const named = types.attributes[type]
  if (!named)
    return OBJECTS.has(type) && objectPaths.has(type)
      ? { $ref: `#/definitions/${type}` }
      : objectNotKept(type)
  const root = named.type ?? type
  if (values.length > 0) return { enum: root === 'string_t' ? values : values.map(Number) }
  return {
    ...BASES[root],
    ...(named.regex && { pattern: named.regex }),
    ...(named.max_len && { maxLength: named.max_len }),
    ...(named.range && { minimum: named.range[0], maximum: named.range[1] }),
  }
}

// `object` itself is free of form.
function objectNotKept(type) {
  return type === 'object' ? { type: 'object' } : { $comment: type, not: {} }
}

/** Message → field → type, as proto3 writes fields in JSON (lowerCamelCase). */
function messagesOf(files) {
  const messages = {}
  for (const file of files) {
    const text = git(OTLP, 'show', `HEAD:opentelemetry/proto/${file}.proto`).replaceAll(/\/\/.*$/gm, '')
    for (const [, name, body] of text.matchAll(/^message (\w+) \{([^]*?)^\}/gm))
      messages[name] = Object.fromEntries(
        [...body.matchAll(/^\s*(repeated )?([\w.]+) (\w+) = \d+/gm)].map(([, repeated, type, field]) => [
          field.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase()),
          `${type.split('.').at(-1)}${repeated ? '[]' : ''}`,
        ]),
      )
  }
  return messages
}
