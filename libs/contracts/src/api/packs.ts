import { z } from 'zod'
import { PackId } from '../id.ts'
import { Administration } from '../record.ts'
import { RecordFilter } from './records.ts'

/**
 * What is asked for: a range of the log, by leaves or by time, or those records of it that a filter finds. A range is complete: whoever has
 * it can prove that nothing of it is missing. A filter proves of each row that the log holds it; `withHashes` adds the leaf hashes of
 * the others, so that the range is known to be whole and the rows to stand in it.
 */
export const PackQuery = z
  .strictObject({
    /** leaf indexes, `to` exclusive; without `from` those that are kept, without `to` up to the end of the log */
    leaves: z
      .strictObject({ from: z.int().nonnegative().optional(), to: z.int().positive().optional() })
      .optional(),
    /** the shortest range of leaves that holds every record of that time (`at` of the record), `until` exclusive */
    time: z
      .strictObject({ since: z.iso.datetime().optional(), until: z.iso.datetime().optional() })
      .optional(),
    filter: RecordFilter.optional(),
    withHashes: z.boolean().default(false),
    /** false: nothing that is sealed is opened, though whoever asks may see it; else what they may see is */
    disclose: z.boolean().optional(),
  })
  .refine(({ leaves, time }) => !leaves || !time, {
    path: ['time'],
    error: 'name leaves or a time, not both',
  })
  .refine(({ leaves }) => leaves?.to === undefined || (leaves.from ?? 0) < leaves.to, {
    path: ['leaves', 'to'],
    error: 'must be above from',
  })
  .refine(({ time }) => !time?.since || !time.until || Date.parse(time.since) < Date.parse(time.until), {
    path: ['time', 'until'],
    error: 'must be later than since',
  })
  .refine(({ filter, withHashes }) => filter !== undefined || !withHashes, {
    path: ['withHashes'],
    error: 'a range needs no hashes of other records: it has none',
  })
export type PackQuery = z.infer<typeof PackQuery>

/** `range`: complete. `filter`: of each row that it is in the log. `filter-with-hashes`: that, and the leaf hashes of all others of the range. */
export const PackKind = z.enum(['range', 'filter', 'filter-with-hashes'])
export type PackKind = z.infer<typeof PackKind>

export const PackState = z.enum(['waiting', 'making', 'done', 'failed', 'cancelled', 'expired'])
export type PackState = z.infer<typeof PackState>

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)

export const PackView = z.strictObject({
  id: PackId,
  state: PackState,
  kind: PackKind,
  query: PackQuery,
  requestedBy: Administration.shape.by,
  requestedAt: z.iso.datetime(),
  /** whether sealed members are opened in it, as whoever asked for it may see them: then nobody else downloads it who may not */
  disclosed: z.boolean(),
  /** `done` of `total` rows in this step; `total` null as long as it is not known */
  progress: z.strictObject({ step: z.string(), done: z.int(), total: z.int().nullable() }).nullable(),
  /** what it came to be; null until it is known */
  leaves: z.strictObject({ from: z.int(), to: z.int() }).nullable(),
  rows: z.int().nullable(),
  treeSize: z.int().nullable(),
  file: z.strictObject({ sizeBytes: z.int(), sha256: Sha256, expiresAt: z.iso.datetime() }).nullable(),
  /** why there is none */
  failure: z.string().nullable(),
})
export type PackView = z.infer<typeof PackView>
