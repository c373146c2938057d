import type { Json } from '@writ/contracts'
import { JsonSchema } from '@writ/contracts'
import { z } from 'zod'
import { Failure } from '../failure.ts'
import type { Content } from './hook-file.ts'
import { bytesAt } from './on-disk.ts'

const At = z.array(z.string())
const ContentSchema: z.ZodType<Content> = z.discriminatedUnion('form', [
  z.object({
    form: z.literal('json'),
    settings: z.array(
      z.union([
        z.strictObject({ at: At, value: JsonSchema }),
        z.strictObject({ at: At, item: z.union([z.string(), z.record(z.string(), JsonSchema)]) }),
      ]),
    ),
  }),
  z.object({
    form: z.literal('toml'),
    values: z.array(
      z.object({
        table: z.string(),
        key: z.string(),
        value: z.union([z.literal('true'), z.templateLiteral(['"', z.string(), '"'])]),
      }),
    ),
    tables: z.string(),
  }),
  z.object({ form: z.literal('whole'), text: z.string() }),
])

const Installed = z.object({
  path: z.string(),
  /** whose file it is; none: a program that all need */
  clients: z.array(z.string()),
  /** null: a program that was copied there */
  content: ContentSchema.nullable(),
  /** of the bytes that we wrote */
  sha256: z.string(),
  /** where the bytes lie that stood there before; null: there were none */
  backup: z.string().nullable(),
  /** rights of what stood there before */
  mode: z.int().nullable(),
  /** nobody else has changed it between two installations, so the backup is what to go back to */
  isExact: z.boolean(),
  folders: z.array(z.string()),
})
export type Installed = z.infer<typeof Installed>

/** What an installation did, so that it can be taken back. */
export const Receipt = z.object({
  format: z.literal('writ.hooks.v1'),
  tier: z.enum(['observe', 'enforce']),
  files: z.array(Installed),
})
export type Receipt = z.infer<typeof Receipt>

/** @throws Failure where the note is there and not readable */
export async function readReceipt(path: string): Promise<Receipt | null> {
  const bytes = await bytesAt(path)
  if (bytes === null) return null
  const read = Receipt.safeParse(jsonIn(bytes.toString()))
  if (read.success) return read.data
  throw new Failure(
    `${path} is no note of an installation`,
    'Put it back from a backup, or take the hooks out by hand.',
  )
}

function jsonIn(text: string): Json {
  try {
    return JsonSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
