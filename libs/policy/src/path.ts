import { ActionClass, ActionClassSource, Channel, Direction } from '@writ/contracts'
import type { Json, Question } from '@writ/contracts'
import { SIGNALS } from './detectors/signals.ts'
import { RuleFault } from './rule-fault.ts'
import type { Work } from './work.ts'

/** What a condition may look at, and the work that looking may take. `signals` is sorted and has no duplicates. */
export type Facts = {
  readonly question: Question
  readonly signals: readonly string[]
  readonly work: Work
}

/** Reads one value; `undefined` means that there is none. */
export type Reader = (facts: Facts) => Json | undefined

/**
 * Turns a path into a reader. `args` and `content` are free trees, walked by own members and array indexes only, so that
 * `args.__proto__` or `args.constructor` reads what the agent sent and nothing else; a member whose name has a dot cannot be reached.
 * Under every other root only the fields below exist, so that a misspelt one is a fault and not a rule that never matches.
 */
export function readerOf(path: string): Reader | RuleFault {
  const field = FIELDS.get(path)
  if (field !== undefined) return field
  const [root, ...steps] = path.split('.')
  if (steps.includes('')) return new RuleFault(`the path ${path} has an empty step`)
  if (root === 'args') return ({ question }) => walk(question.args, steps)
  if (root === 'content') return ({ question }) => walk(question.content, steps)
  return new RuleFault(`there is no ${path}`)
}

/** Where only certain words can stand, these are the words. */
export const WORDS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['action.class', ActionClass.options],
  ['action.classSource', ActionClassSource.options],
  ['channel', Channel.options],
  ['direction', Direction.options],
  ['content.signals', SIGNALS],
])

const FIELDS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['agent.id', ({ question }) => question.agent.id],
  ['agent.name', ({ question }) => question.agent.name],
  ['agent.groups', ({ question }) => question.agent.groups],
  ['human.id', ({ question }) => question.human.id],
  ['human.name', ({ question }) => question.human.name],
  ['human.groups', ({ question }) => question.human.groups],
  ['session.id', ({ question }) => question.session.id],
  ['connection.id', ({ question }) => question.connection.id],
  ['connection.name', ({ question }) => question.connection.name],
  ['action.method', ({ question }) => question.action.method],
  ['action.tool', ({ question }) => question.action.tool],
  ['action.class', ({ question }) => question.action.class],
  ['action.classSource', ({ question }) => question.action.classSource],
  ['action.resource', ({ question }) => question.action.resource],
  ['channel', ({ question }) => question.channel],
  ['direction', ({ question }) => question.direction],
  ['content.signals', ({ signals }) => signals],
])

function walk(root: Json, steps: readonly string[]): Json | undefined {
  let value: Json | undefined = root
  for (const step of steps) {
    value = memberOf(value, step)
    if (value === undefined) return undefined
  }
  return value
}

const INDEX = /^(?:0|[1-9]\d{0,8})$/

/** One step down, by own members and array indexes only; `undefined` where there is nothing. */
export function memberOf(value: Json, step: string): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (isList(value)) return INDEX.test(step) ? value[Number(step)] : undefined
  return Object.hasOwn(value, step) ? value[step] : undefined
}

/** `Array.isArray` for a readonly tree. */
export const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
