import type { ActionClass, Json, JsonObject } from '@writ/contracts'
import { strictestOf } from './classes.ts'
import { wordsOf } from './words.ts'

/**
 * What the names of a tool's parameters give away; null when nothing. It can tell that a tool runs, pays or sends, and never that it is
 * harmless: any tool may do more than its parameters say.
 */
export function classOfSchema(inputSchema: JsonObject): ActionClass | null {
  const names = new Set(parametersOf(inputSchema).map((name) => wordsOf(name).join(' ')))
  const fitting = SIGNS.filter(({ all }) => all.every((anyOf) => anyOf.some((name) => names.has(name))))
  return strictestOf(fitting.map((sign) => sign.class))
}

const MAX_PARAMETERS = 256

function parametersOf(inputSchema: JsonObject): readonly string[] {
  const properties = Object.hasOwn(inputSchema, 'properties') ? inputSchema['properties'] : undefined
  return isObject(properties) ? Object.keys(properties).slice(0, MAX_PARAMETERS) : []
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Of each list in `all`, one name has to be there. */
const SIGNS: readonly { readonly class: ActionClass; readonly all: readonly (readonly string[])[] }[] = [
  { class: 'exec', all: [['command', 'cmd', 'shell command', 'script', 'source code']] },
  {
    class: 'money',
    all: [
      ['amount', 'price'],
      ['currency', 'payee', 'beneficiary', 'iban'],
    ],
  },
  {
    class: 'sink.external',
    all: [
      ['to', 'recipient', 'recipients', 'webhook url'],
      ['body', 'message', 'subject', 'text', 'content'],
    ],
  },
  { class: 'credential', all: [['password', 'new password', 'client secret']] },
]
