import { z } from 'zod'
import { JsonObjectSchema } from './api/json.ts'

/** A parameter of an operation, and the argument of the tool that fills it. */
export const ApiParameter = z.strictObject({
  argument: z.string(),
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean(),
  /** how lists and objects are written (OpenAPI 3.1.0 §4.8.12.2) */
  style: z.enum(['simple', 'form', 'spaceDelimited', 'pipeDelimited', 'deepObject']),
  explode: z.boolean(),
})
export type ApiParameter = z.infer<typeof ApiParameter>

/** One operation of an HTTP API, as a tool. */
export const ApiOperation = z.strictObject({
  tool: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  /** below the URL of the connection; each `{name}` is a parameter in the path */
  path: z.string().startsWith('/'),
  description: z.string(),
  inputSchema: JsonObjectSchema,
  parameters: z.array(ApiParameter),
  /** the argument that is the JSON body; null: the operation has none */
  body: z.strictObject({ argument: z.string(), required: z.boolean() }).nullable(),
})
export type ApiOperation = z.infer<typeof ApiOperation>

/** What a connection to an HTTP API offers: its OpenAPI document, read when it was saved. */
export const ApiDescription = z.strictObject({
  title: z.string(),
  version: z.string(),
  operations: z.array(ApiOperation).min(1).max(500),
})
export type ApiDescription = z.infer<typeof ApiDescription>
