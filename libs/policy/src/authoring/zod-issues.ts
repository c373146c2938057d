import type { z } from 'zod'
import { nearest } from './nearest.ts'
import type { At, Steps } from './positions.ts'

type ZodIssue = z.core.$ZodIssue

/** One thing that is wrong, at one place. */
export type Issue = { readonly steps: Steps; readonly message: string; readonly at: At }

/**
 * What a person has to correct. Of a union's alternatives only the one that the value is most like is reported: the others say
 * nothing but that it is not like them.
 */
export function flatIssues(issues: readonly ZodIssue[], value: unknown, above: Steps = []): readonly Issue[] {
  return issues.flatMap((issue): readonly Issue[] => {
    const steps = [...above, ...stepsOf(issue)]
    if (issue.code === 'invalid_union') return ofUnion(issue, memberAt(value, stepsOf(issue)), steps)
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        steps: [...steps, key],
        message: `there is no member ${JSON.stringify(key)} here${meantOf(key, missingBeside(issue, issues, value))}`,
        at: 'key',
      }))
    if (issue.code === 'invalid_key') return [{ steps, message: keyMessage(issue), at: 'key' }]
    return [{ steps, message: messageOf(issue, memberAt(value, stepsOf(issue)), steps), at: 'value' }]
  })
}

/** Members that an object lacks which has some too many. */
const missingBeside = (
  { path: above }: ZodIssue,
  issues: readonly ZodIssue[],
  value: unknown,
): readonly string[] =>
  issues
    .filter(
      (issue) =>
        issue.path.length === above.length + 1 &&
        above.every((step, at) => issue.path[at] === step) &&
        memberAt(value, stepsOf(issue)) === undefined,
    )
    .map(({ path }) => String(path.at(-1)))

function meantOf(key: string, missing: readonly string[]): string {
  const meant = nearest(key, missing)
  return meant === null ? '' : `; did you mean ${JSON.stringify(meant)}?`
}

const stepsOf = (issue: ZodIssue): Steps =>
  issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))

function ofUnion(issue: z.core.$ZodIssueInvalidUnion, value: unknown, steps: Steps): readonly Issue[] {
  const [closest] = [...issue.errors].sort(
    (left, right) => distanceOf(left, value) - distanceOf(right, value) || left.length - right.length,
  )
  if (closest === undefined) return [{ steps, message: issue.message, at: 'value' }]
  return flatIssues(closest, value, steps)
}

/** How unlike an alternative the value is by its members: those too many and those missing; worst when it is no object at all. */
const distanceOf = (issues: readonly ZodIssue[], value: unknown): number =>
  issues.reduce((sum, issue) => sum + distance(issue, value) - misspeltIn(issue, issues, value), 0)

/** A member that is nearly one that is missing is that one. */
const misspeltIn = (issue: ZodIssue, issues: readonly ZodIssue[], value: unknown): number =>
  issue.code === 'unrecognized_keys' && issue.path.length === 0
    ? issue.keys.filter((key) => nearest(key, missingBeside(issue, issues, value)) !== null).length
    : 0

function distance(issue: ZodIssue, value: unknown): number {
  if (issue.path.length > 1) return 0
  if (issue.code === 'unrecognized_keys') return issue.path.length === 0 ? issue.keys.length : 0
  if (issue.code === 'invalid_type' && issue.path.length === 0) return 100
  return issue.path.length === 1 && memberAt(value, stepsOf(issue)) === undefined ? 1 : 0
}

function memberAt(value: unknown, steps: Steps): unknown {
  let member = value
  for (const step of steps) {
    if (typeof member !== 'object' || member === null || !Object.hasOwn(member, step)) return undefined
    member = Reflect.get(member, step)
  }
  return member
}

function messageOf(issue: ZodIssue, value: unknown, steps: Steps): string {
  if (value === undefined && steps.length > 0 && issue.code !== 'custom') return 'this is missing'
  if (issue.code === 'invalid_type')
    return `this is ${kindOf(value)}, and has to be ${NAMES.get(issue.expected) ?? issue.expected}`
  if (issue.code !== 'invalid_value') return issue.message
  return `this is ${shown(value)}, and has to be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(shown).join(', ')}`
}

const NAMES = new Map([
  ['array', 'a list'],
  ['object', 'a map'],
  ['record', 'a map'],
  ['string', 'a text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
])

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty'
  return NAMES.get(Array.isArray(value) ? 'array' : typeof value) ?? typeof value
}

const MOST_SHOWN = 40

function shown(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? kindOf(value) : JSON.stringify(value ?? null)
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`
}

const keyMessage = (issue: z.core.$ZodIssueInvalidKey): string =>
  `this is no fit name: ${issue.issues.map(({ message }) => message).join('; ')}`
