import { z } from 'zod'

/** What a rule wants when it matches, strictest first. */
export const Effect = z.enum(['abort', 'deny', 'ask', 'modify', 'flag', 'allow'])
export type Effect = z.infer<typeof Effect>

/** What the engine answers for one question, strictest first; `abort` denies and ends the session. */
export const Outcome = z.enum(['abort', 'deny', 'ask', 'allow'])
export type Outcome = z.infer<typeof Outcome>

/** `shadow` decides and records, but does not act. */
export const PolicyMode = z.enum(['enforce', 'shadow'])
export type PolicyMode = z.infer<typeof PolicyMode>

/**
 * How a modify rule rewrites what a signal found.
 * `replace`: [EMAIL]. `mask`: all but the last four. `hash`: keyed by the tenant, so that equal values stay equal. `token`: reversible
 * within the session. `surrogate`: a harmless value of the same form. `drop`: nothing is left. `restore`: a token becomes its value again.
 */
export const Rewriting = z.enum(['replace', 'mask', 'hash', 'token', 'surrogate', 'drop', 'restore'])
export type Rewriting = z.infer<typeof Rewriting>

/** A mark on a session, e.g. `untrusted`. Labels are added, and never taken away by an agent. */
export const Label = z
  .string()
  .regex(/^[a-z][a-z0-9._-]{0,63}$/, 'a label is made of a-z, 0-9, dot, underscore and hyphen')
export type Label = z.infer<typeof Label>
