import { z } from 'zod'
import { HoldId } from '../id.ts'
import { Administration } from '../record.ts'
import { RecordFilter } from './records.ts'

/** Records are kept for so many months, and removed afterwards unless a hold keeps them. */
export const RetentionMonths = z.int().min(6).max(84)

/**
 * `keptSince`: what came before it may be removed. After a change the longer of both counts for 7 days. `held`: holds that keep something.
 * `removedLeaves`: how many were removed so far, on purpose.
 */
export const RetentionView = z.strictObject({
  months: RetentionMonths,
  keptSince: z.iso.datetime(),
  changedAt: z.iso.datetime().nullable(),
  held: z.int().nonnegative(),
  removedLeaves: z.int().nonnegative(),
})
export type RetentionView = z.infer<typeof RetentionView>

export const RetentionChange = z.strictObject({ months: RetentionMonths })
export type RetentionChange = z.infer<typeof RetentionChange>

/** What a hold keeps: records that match, in a range of leaves or all of them. Nothing given: everything. */
export const HoldFilter = RecordFilter.omit({ decision: true, sha256: true })
export type HoldFilter = z.infer<typeof HoldFilter>

const Reason = z.string().trim().min(1).max(1000)

export const NewHold = z
  .strictObject({
    reason: Reason,
    filter: HoldFilter.prefault({}),
    firstLeaf: z.int().nonnegative().optional(),
    /** inclusive */
    lastLeaf: z.int().nonnegative().optional(),
  })
  .refine(({ firstLeaf = 0, lastLeaf = Infinity }) => firstLeaf <= lastLeaf, {
    error: 'the first leaf comes before the last',
  })
export type NewHold = z.infer<typeof NewHold>

export const HoldRelease = z.strictObject({ reason: Reason })
export type HoldRelease = z.infer<typeof HoldRelease>

/** Names are in the records of it, where they can be erased. */
const By = Administration.shape.by.omit({ name: true })

/** `keepsUntil`: a hold keeps for 7 days after its release. */
export const HoldView = z.strictObject({
  id: HoldId,
  reason: z.string(),
  placedBy: By,
  placedAt: z.iso.datetime(),
  filter: HoldFilter,
  firstLeaf: z.int().nullable(),
  lastLeaf: z.int().nullable(),
  released: z
    .strictObject({
      at: z.iso.datetime(),
      by: By,
      reason: z.string(),
      keepsUntil: z.iso.datetime(),
    })
    .nullable(),
})
export type HoldView = z.infer<typeof HoldView>
