import type { Json, JsonObject } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import { isObject } from './json-object.ts'
import type { Message } from './message.ts'
import type { MethodRow } from './methods.ts'
import { rowOf } from './methods.ts'

/** The tool, prompt, resource or task that a message names; null where its method names none. */
export function namedBy(message: Message, row: MethodRow): string | null {
  if (row.named === null) return null
  const named = row.named === 'ref' ? namedByReference(message.params['ref']) : message.params[row.named]
  return typeof named === 'string' ? named : null
}

/** Arguments of a tool call or prompt; an empty object elsewhere. */
export function argumentsOf(message: Message, row: MethodRow): JsonObject {
  const given = row.inspect === 'arguments' ? message.params['arguments'] : null
  return isObject(given) ? given : NO_ARGUMENTS
}

/** A name that is not a string, or arguments that are not an object, would be judged as absent and then coerced upstream. */
export function namesFault(message: Message): Refusal | null {
  const row = rowOf(message)
  if (!row) return null
  if (row.named !== null && namedBy(message, row) === null)
    return new Refusal('message_malformed', `params.${row.named} does not name anything`)
  const given = message.params['arguments']
  const isJudged = row.inspect === 'params' || given === undefined || given === null || isObject(given)
  return isJudged ? null : new Refusal('message_malformed', 'params.arguments is not an object')
}

const NO_ARGUMENTS: JsonObject = {}

function namedByReference(ref: Json | undefined): Json | undefined {
  if (!isObject(ref)) return undefined
  if (ref['type'] === 'ref/prompt') return ref['name']
  return ref['type'] === 'ref/resource' ? ref['uri'] : undefined
}
