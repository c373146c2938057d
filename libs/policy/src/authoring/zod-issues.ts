import type { z } from 'zod'
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
        message: `there is no member ${JSON.stringify(key)} here`,
        at: 'key',
      }))
    if (issue.code === 'invalid_key') return [{ steps, message: keyMessage(issue), at: 'key' }]
    return [{ steps, message: messageOf(issue, memberAt(value, stepsOf(issue))), at: 'value' }]
  })
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
  issues.reduce((sum, issue) => sum + distance(issue, value), 0)

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

const messageOf = (issue: ZodIssue, value: unknown): string => {
  if (value === undefined && issue.path.length > 0 && issue.code !== 'custom') return 'this is missing'
  return issue.message
}

const keyMessage = (issue: z.core.$ZodIssueInvalidKey): string =>
  `this is no fit name: ${issue.issues.map(({ message }) => message).join('; ')}`
