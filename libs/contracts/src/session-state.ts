import { z } from 'zod'
import { Label } from './effect.ts'

/** Where a value of an argument was met before in this session; `model`: nowhere. `user` is known only where a client hook delivers prompts. */
export const Provenance = z.enum(['user', 'admin', 'private', 'trusted', 'untrusted', 'model'])
export type Provenance = z.infer<typeof Provenance>

/**
 * What a session has done, folded: bounded in size whatever its length, and never rescanned. Kept for stateless gateways in one place
 * and replaced only by compare-and-set on `version`.
 */
export const SessionState = z.strictObject({
  format: z.literal('writ.session.v1'),
  version: z.int().nonnegative(),
  startedAtMs: z.int().nonnegative(),
  labels: z.array(Label).max(64),
  calls: z.int().nonnegative(),
  denials: z.int().nonnegative(),
  /** the rule that aborted the session: from then on nothing passes */
  aborted: z.string().nullable(),
  /** by fold: amounts by slot of time, oldest first; see `@writ/policy` for what a slot is */
  folds: z.record(z.string(), z.array(z.tuple([z.int(), z.number()])).max(64)),
  /** keyed fingerprints of values met, by where they were met; beyond the bound the class counts as met everywhere */
  values: z.partialRecord(Provenance, z.strictObject({ prints: z.array(z.string()), full: z.boolean() })),
  /** keyed fingerprints of secrets that were lent or came back, newest last */
  secrets: z.array(z.string()).max(256).default([]),
  /** hosts that were reached before the session became untrusted, as keyed fingerprints */
  hosts: z.array(z.string()).max(256),
  /** the definition that each tool had when it was first seen in this session, by `connection/tool` */
  pins: z.record(z.string(), z.string()),
})
export type SessionState = z.infer<typeof SessionState>
