import type { ActionClass, Json, JsonObject } from '@writ/contracts'
import { strictestOf } from './classes.ts'

/**
 * What the arguments of a generic tool (an HTTP client, a query runner, a shell) give away; null when nothing. It only ever raises a guess.
 */
export function classOfArguments(args: JsonObject): ActionClass | null {
  const found = [
    ...VERB_NAMES.map((name) => classOfVerb(member(args, name))),
    ...SQL_NAMES.map((name) => classOfSql(member(args, name))),
    ...COMMAND_NAMES.map((name) => classOfCommand(member(args, name))),
  ]
  return strictestOf(found.filter((one) => one !== null))
}

const VERB_NAMES = ['method', 'http_method', 'httpMethod', 'verb']
const SQL_NAMES = ['sql', 'query', 'statement']
const COMMAND_NAMES = ['command', 'cmd', 'shell_command', 'shellCommand']

const member = (args: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(args, name) ? args[name] : undefined

function classOfVerb(verb: Json | undefined): ActionClass | null {
  if (typeof verb !== 'string') return null
  return HTTP_VERBS.get(verb.slice(0, 16).toUpperCase()) ?? null
}

/** What such a tool posts goes wherever the URL says. */
const HTTP_VERBS: ReadonlyMap<string, ActionClass> = new Map<string, ActionClass>([
  ['POST', 'sink.external'],
  ['PUT', 'sink.external'],
  ['PATCH', 'sink.external'],
  ['DELETE', 'destructive'],
])

const MAX_SQL = 65_536
const IS_SQL =
  /^\s*(?:(?:--[^\n]*\n|\/\*[^*]*\*\/)\s*)*(?:select|with|insert|update|delete|merge|create|alter|drop|truncate|grant|revoke|call|exec|do|begin)\b/i

/** Looks for the words anywhere, because a statement may follow another or stand in a `with`; a text that is no SQL says nothing. */
function classOfSql(sql: Json | undefined): ActionClass | null {
  if (typeof sql !== 'string') return null
  const text = sql.slice(0, MAX_SQL)
  if (!IS_SQL.test(text)) return null
  return SQL_WORDS.find(([words]) => words.test(text))?.[1] ?? null
}

/** Strictest first. */
const SQL_WORDS: readonly (readonly [RegExp, ActionClass])[] = [
  [/\b(?:grant|revoke|alter\s{1,9}(?:role|user)|create\s{1,9}(?:role|user))\b/i, 'admin'],
  [/\b(?:delete|drop|truncate)\b/i, 'destructive'],
  [/\b(?:call|exec|execute|do)\b/i, 'exec'],
  [/\b(?:insert|update|merge|create|alter)\b/i, 'write.shared'],
]

/** A single word may be a choice of the tool's own (`view`, `undo`); a line with more in it is run by something. */
const classOfCommand = (command: Json | undefined): ActionClass | null =>
  typeof command === 'string' && /[^\w-]/.test(command.trim().slice(0, MAX_SQL)) ? 'exec' : null
