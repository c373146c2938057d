import { z } from 'zod'

/** RFC 9457 problem details; the one shape of every error of the API. */
export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  /** one line per wrong field: where, and why; of a policy also where in the text that was sent, both counted from 1 */
  errors: z
    .array(
      z.strictObject({
        path: z.string(),
        message: z.string(),
        line: z.int().optional(),
        column: z.int().optional(),
      }),
    )
    .optional(),
  /** of a refusal because there is too much of something: what, and how much there may be */
  limit: z.string().optional(),
  value: z.int().optional(),
})
export type Problem = z.infer<typeof Problem>

/** Keyset page: `next` is the cursor of the following page, null on the last. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), next: z.string().nullable() })
