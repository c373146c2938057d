import type { Action, ActionClass, ActionClassSource, JsonObject } from '@writ/contracts'
import { classOfArguments } from './arguments.ts'
import { stricterClass } from './classes.ts'
import { classOfName } from './verbs.ts'

/** Tool annotations as MCP defines them. Hand them over only when an admin trusts the server: they are what the server says of itself. */
export type TrustedAnnotations = { readonly readOnlyHint?: boolean; readonly destructiveHint?: boolean }

export type ClassifyInput = {
  readonly method: string
  /** the tool, prompt or resource URI that the message names */
  readonly named: string | null
  readonly connectionName: string
  /** classes set by an admin, by tool name; they beat everything else */
  readonly toolClasses: Readonly<Record<string, ActionClass>>
  readonly args: JsonObject
  readonly annotations?: TrustedAnnotations
}

/**
 * What one message would do. Sources, first that knows: the admin, trusted annotations, the words of the name with the arguments
 * (`inferred`), the default. For methods other than `tools/call` the protocol itself is the catalogue.
 */
export function classify(input: ClassifyInput): Action {
  const { class: actionClass, source } =
    input.method === 'tools/call' ? classOfCall(input) : classOfMethod(input.method)
  return {
    method: input.method,
    tool: input.named,
    class: actionClass,
    classSource: source,
    resource: resourceOf(input),
  }
}

type Classified = { readonly class: ActionClass; readonly source: ActionClassSource }

/**
 * Nobody knows what the call does, so it is taken to run something unseen: a tenant that bars deleting but not executing has barred
 * nothing anyway, and "anything but read" bars it too.
 */
const UNKNOWN: Classified = { class: 'execute', source: 'default' }

function classOfCall(input: ClassifyInput): Classified {
  const { named, toolClasses, annotations, args } = input
  if (named === null) return UNKNOWN
  const set = Object.hasOwn(toolClasses, named) ? toolClasses[named] : undefined
  if (set !== undefined) return { class: set, source: 'admin' }
  const annotated = annotations && classOfAnnotations(annotations)
  if (annotated) return { class: annotated, source: 'annotation' }
  const guessed = classOfName(named)
  if (guessed === null) return UNKNOWN
  return { class: stricterClass(guessed, classOfArguments(args) ?? 'read'), source: 'inferred' }
}

/** Only what is said counts; where a tool is said to change things, MCP takes it to be destructive unless that is denied. */
function classOfAnnotations({ readOnlyHint, destructiveHint }: TrustedAnnotations): ActionClass | null {
  if (readOnlyHint === true) return 'read'
  if (destructiveHint === true) return 'delete'
  if (destructiveHint === false) return 'write'
  return readOnlyHint === false ? 'delete' : null
}

/** What the methods of the protocol do by their own definition; a method that is not here is unknown. */
const METHODS: ReadonlyMap<string, ActionClass> = new Map<string, ActionClass>([
  ['initialize', 'read'],
  ['ping', 'read'],
  ['server/discover', 'read'],
  ['tools/list', 'read'],
  ['prompts/list', 'read'],
  ['prompts/get', 'read'],
  ['resources/list', 'read'],
  ['resources/templates/list', 'read'],
  ['resources/read', 'read'],
  ['resources/subscribe', 'read'],
  ['resources/unsubscribe', 'read'],
  ['subscriptions/listen', 'read'],
  ['completion/complete', 'read'],
  ['logging/setLevel', 'read'],
  ['roots/list', 'read'],
  ['elicitation/create', 'read'],
  ['sampling/createMessage', 'execute'],
  ['tasks/get', 'read'],
  ['tasks/list', 'read'],
  ['tasks/result', 'read'],
  ['tasks/update', 'write'],
  ['tasks/cancel', 'write'],
  ['response', 'write'],
  ['http/get', 'read'],
  ['http/delete', 'write'],
])

function classOfMethod(method: string): Classified {
  const known = method.startsWith('notifications/') ? 'read' : METHODS.get(method)
  return known === undefined ? UNKNOWN : { class: known, source: 'catalogue' }
}

function resourceOf({ method, named, connectionName }: ClassifyInput): string {
  if (named === null) return connectionName
  return method.startsWith('resources/') ? named : `${connectionName}/${named}`
}
