import { z } from 'zod'
import type { Json, JsonObject } from '../json.ts'

export const JsonSchema: z.ZodType<Json> = z.lazy(() =>
  z.union([
    z.null(),
    z.boolean(),
    z.number(),
    z.string(),
    z.array(JsonSchema),
    z.record(z.string(), JsonSchema),
  ]),
)
export const JsonObjectSchema: z.ZodType<JsonObject> = z.record(z.string(), JsonSchema)
