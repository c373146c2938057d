import type { Json } from '@writ/contracts'
import type { Message } from '../message.ts'
import { readLike, REFUSED } from './read-like.suite.ts'
import type { Value } from './read-like.suite.ts'
import { READERS } from './traits.suite.ts'
import type { Traits } from './traits.suite.ts'

/** The name of a reader that makes something else of these bytes than was made of them here; null where there is none. */
export function readsOtherwise(bytes: Uint8Array, message: Message): string | null {
  const ours = canonical(message.tree)
  for (const reader of READERS) {
    const value = readLike(reader, bytes)
    if (value === REFUSED) continue
    if (canonical(value) !== ours) return `${reader.name} reads another tree`
    if (reader.binding !== 'exact' && !bindsAlike(value, message, reader))
      return `${reader.name} binds other members`
  }
  return null
}

/** One text for one value. */
export function canonical(value: Value | Json): string {
  if (typeof value === 'number') return String(value + 0)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join()}]`
  const members: [string, Value | Json][] = value instanceof Map ? [...value] : Object.entries(value)
  return `{${members
    .toSorted(byName)
    .map(([name, of]) => `${JSON.stringify(name)}:${canonical(of)}`)
    .join()}}`
}

const byName = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number =>
  left < right ? -1 : 1

/** What a server declares fields for: a call, and where its members are judged or routed by. */
const ENVELOPE = ['jsonrpc', 'id', 'method', 'params', 'result', 'error']
const PARAMS = [
  'name',
  'arguments',
  'uri',
  '_meta',
  'ref',
  'taskId',
  'task',
  'cursor',
  'requestState',
  'inputResponses',
]
const REF = ['type', 'name', 'uri']

function bindsAlike(value: Value, { kind }: Message, reader: Traits): boolean {
  const params = memberOf(value, 'params')
  const isCall = kind === 'request'
  return (
    bound(value, ENVELOPE, reader) &&
    (params === undefined || bound(params, PARAMS, reader)) &&
    bound(memberOf(params, 'ref'), REF, reader) &&
    (!isCall || bindsThroughout(params, reader))
  )
}

/** Whether each field gets the member of its very name, or none. */
function bound(value: Value | undefined, fields: readonly string[], reader: Traits): boolean {
  if (!(value instanceof Map)) return true
  return fields.every((field) => memberBoundTo(value, field, reader) === value.get(field))
}

/** As `bound`, with a field for each member that there is, at any depth: a reader may declare any of them. */
function bindsThroughout(value: Value | undefined, reader: Traits): boolean {
  if (Array.isArray(value)) return value.every((item: Value) => bindsThroughout(item, reader))
  if (!(value instanceof Map)) return true
  return (
    bound(value, [...value.keys()], reader) && [...value.values()].every((of) => bindsThroughout(of, reader))
  )
}

/** The last member that the field takes. */
function memberBoundTo(
  value: ReadonlyMap<string, Value>,
  field: string,
  { binding }: Traits,
): Value | undefined {
  const wanted = folded(field)
  let found: Value | undefined
  for (const [name, of] of value) {
    const ended = binding === 'up to a NUL' ? (name.split('\0')[0] ?? '') : name
    if (folded(ended) === wanted) found = of
  }
  return found
}

/** Simple case folding: k and the Kelvin sign, s and the long s are one. */
const folded = (name: string): string =>
  Array.from(name, (letter) =>
    (letter.toUpperCase().length === 1 ? letter.toUpperCase() : letter).toLowerCase(),
  ).join('')

const memberOf = (value: Value | undefined, name: string): Value | undefined =>
  value instanceof Map ? value.get(name) : undefined
