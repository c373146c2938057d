import type { Action, ActionClass, ActionClassSource, JsonObject } from '@writ/contracts'
import { classOfAnnotations, isBeyondAnnotations, isPlain } from './annotations.ts'
import { classOfArguments } from './arguments.ts'
import { CATALOGUE } from './catalogue.ts'
import type { Catalogue } from './catalogue.ts'
import { strictestOf } from './classes.ts'
import { classOfMethod } from './methods.ts'
import { classOfSchema } from './schema.ts'
import { classOfName } from './verbs.ts'

export type ClassifyInput = {
  readonly method: string
  /** the tool, prompt or resource URI that the message names */
  readonly named: string | null
  readonly connectionName: string
  /** classes set by an admin, by tool name; they beat everything else */
  readonly toolClasses: Readonly<Record<string, ActionClass>>
  readonly args: JsonObject
  /** pin of the definition that the server shows now, where one was seen */
  readonly pin?: string | null
  /** the one that ships when left out */
  readonly catalogue?: Catalogue
  /** MCP tool annotations; hand them over only when an admin trusts the server: they are what the server says of itself */
  readonly annotations?: JsonObject
  readonly inputSchema?: JsonObject | null
}

/**
 * What one message would do. Sources, first that knows: the admin, the catalogue, trusted annotations, the words of the name with schema
 * and arguments (`inferred`), the default. For methods other than `tools/call` the protocol itself is the catalogue.
 */
export function classify(input: ClassifyInput): Action {
  const { method, named } = input
  const { class: actionClass, source } =
    method === 'tools/call' ? classOfCall(input) : (classOfMethod(method, named) ?? UNKNOWN)
  return { method, tool: named, class: actionClass, classSource: source, resource: resourceOf(input) }
}

type Classified = { readonly class: ActionClass; readonly source: ActionClassSource }

/** Nobody knows what the call does, so it is taken as MCP takes a tool that says nothing of itself: it destroys. */
const UNKNOWN: Classified = { class: 'destructive', source: 'default' }

function classOfCall(input: ClassifyInput): Classified {
  const { named } = input
  if (named === null) return UNKNOWN
  return settledClass(named, input) ?? annotatedClass(named, input) ?? inferredClass(named, input) ?? UNKNOWN
}

/** What a person settled: an admin of the tenant, or whoever judged the definition. */
function settledClass(
  named: string,
  { toolClasses, pin, catalogue = CATALOGUE }: ClassifyInput,
): Classified | null {
  const set = Object.hasOwn(toolClasses, named) ? toolClasses[named] : undefined
  if (set !== undefined) return { class: set, source: 'admin' }
  const judged = pin === undefined || pin === null ? undefined : catalogue.get(pin)
  return judged === undefined ? null : { class: judged, source: 'catalogue' }
}

/** Annotations go before any guess; where they leave open what kind of change it is, a guess of a kind that they cannot name is closer. */
function annotatedClass(named: string, input: ClassifyInput): Classified | null {
  const { annotations } = input
  const annotated = annotations === undefined ? null : classOfAnnotations(annotations)
  if (annotations === undefined || annotated === null) return null
  const guess = isPlain(annotations) ? null : inferredClass(named, input)
  return guess !== null && isBeyondAnnotations(guess.class)
    ? guess
    : { class: annotated, source: 'annotation' }
}

function inferredClass(named: string, { args, inputSchema }: ClassifyInput): Classified | null {
  const byName = classOfName(named)
  const bySchema = inputSchema ? classOfSchema(inputSchema) : null
  // Arguments are the agent's own words: they raise a guess and never make one.
  const guesses = [byName, bySchema].filter((guess) => guess !== null)
  if (guesses.length === 0) return null
  const strictest = strictestOf([...guesses, ...listed(classOfArguments(args))])
  return strictest === null ? null : { class: strictest, source: 'inferred' }
}

const listed = <T>(value: T | null): readonly T[] => (value === null ? [] : [value])

function resourceOf({ method, named, connectionName }: ClassifyInput): string {
  if (named === null) return connectionName
  return method.startsWith('resources/') ? named : `${connectionName}/${named}`
}
