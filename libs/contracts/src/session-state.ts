import { z } from 'zod'
import { Action } from './action.ts'
import { Label } from './effect.ts'

/** Where a value of an argument was met before in this session; `model`: nowhere. `user` is known only where a client hook delivers prompts. */
export const Provenance = z.enum(['user', 'admin', 'private', 'trusted', 'untrusted', 'model'])
export type Provenance = z.infer<typeof Provenance>

/**
 * The most that a session keeps of each kind, so that a state is read in a millisecond whatever was done. What happens beyond is said
 * where each list is written, in `@writ/policy`: nothing that is forgotten makes a rule milder.
 */
export const SESSION_CAPS = {
  labels: 64,
  /** events like each other that are kept apart, over all folds */
  foldKeys: 1_024,
  /** slots of time of one fold, and of all of them together */
  slotsOfFold: 64,
  slots: 8_192,
  /** fingerprints of values, of each provenance */
  prints: 8_192,
  secrets: 256,
  hosts: 256,
  pins: 256,
  tasks: 64,
  /** characters of the name that a pin stands under; a longer one has no pin */
  pinName: 256,
} as const

/** Characters of one fingerprint of a value. */
export const PRINT_LENGTH = 8

const Prints = z.string().max(SESSION_CAPS.prints * PRINT_LENGTH)

/**
 * What a session has done, folded: bounded in size whatever its length, and never rescanned. Kept for stateless gateways in one place
 * and replaced only by compare-and-set on `version`.
 */
export const SessionState = z.strictObject({
  format: z.literal('writ.session.v1'),
  version: z.int().nonnegative(),
  startedAtMs: z.int().nonnegative(),
  labels: z.array(Label).max(SESSION_CAPS.labels),
  calls: z.int().nonnegative(),
  denials: z.int().nonnegative(),
  /** the rule that aborted the session: from then on nothing passes */
  aborted: z.string().nullable(),
  /** by fold: amounts by slot of time, oldest first; see `@writ/policy` for what a slot is */
  folds: z.record(z.string(), z.array(z.tuple([z.int(), z.number()])).max(SESSION_CAPS.slotsOfFold)),
  /**
   * keyed fingerprints of values met, by where they were met: one text, sorted, of `PRINT_LENGTH` characters each. Beyond the bound the
   * class counts as met everywhere (`full`)
   */
  values: z.partialRecord(Provenance, z.strictObject({ prints: Prints, full: z.boolean() })),
  /** keyed fingerprints of secrets that were lent or came back, newest last */
  secrets: z.array(z.string()).max(SESSION_CAPS.secrets),
  /** hosts that were reached before the session became untrusted, as keyed fingerprints */
  hosts: z.array(z.string()).max(SESSION_CAPS.hosts),
  /** the definition of each tool that was shown in this session, by `connection/tool`; of two, a word that is no pin */
  pins: z.record(z.string(), z.string()),
  /** what each call did that began a task, by a hash of the connection and the task; null where two calls say to have begun it */
  tasks: z.record(z.string(), Action.nullable()).optional(),
})
export type SessionState = z.infer<typeof SessionState>

/** How long a session is kept after it was last used. As long as the longest window of a rule. */
export const SESSION_KEPT_MS = 24 * 3_600_000

/**
 * Reads a state that a gateway wrote: by its mark, and by the kind of each member, not value by value. A store holds nothing else, and
 * every call reads it.
 * @throws TypeError, SyntaxError where it is no such text: a state that cannot be read is not an empty one
 */
export function readSessionState(text: string): SessionState {
  const read: unknown = JSON.parse(text)
  if (!isState(read)) throw new TypeError('this is no state of a session')
  return read
}

type Kind = (value: unknown) => boolean

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCount: Kind = (value) => Number.isSafeInteger(value) && Number(value) >= 0

const MEMBERS: { readonly [name in keyof SessionState]: Kind } = {
  format: (value) => value === 'writ.session.v1',
  version: isCount,
  startedAtMs: isCount,
  labels: Array.isArray,
  calls: isCount,
  denials: isCount,
  aborted: (value) => value === null || typeof value === 'string',
  folds: (value) => isObject(value) && Object.values(value).every(Array.isArray),
  values: (value) => isObject(value) && Object.values(value).every(isValueSet),
  secrets: Array.isArray,
  hosts: Array.isArray,
  pins: isObject,
}

const isValueSet: Kind = (value) =>
  isObject(value) && 'prints' in value && typeof value.prints === 'string' && 'full' in value

const isState = (read: unknown): read is SessionState =>
  isObject(read) && Object.entries(MEMBERS).every(([name, is]) => is(Reflect.get(read, name)))
