import { Label, PastEvent } from '@writ/contracts'
import { isProblems, readSource } from '@writ/policy/authoring'
import { z } from 'zod'
import { Failure } from '../../failure.ts'
import { formatOf, problemLines, textIn } from './policy-file.ts'

/** What happened in the session before the call that is asked about. */
export type Past = z.infer<typeof Past>

const Past = z.strictObject({
  labels: z.array(Label).max(64).default([]),
  history: z.array(PastEvent).max(100).default([]),
})

export type PastOptions = { readonly labels: readonly string[]; readonly history: string | undefined }

/** Labels of the command line, with those and the events of a file. @throws Failure */
export async function pastOf({ labels, history }: PastOptions): Promise<Past> {
  const given = z.array(Label).safeParse(labels)
  if (!given.success)
    throw new Failure(
      'that is not a label',
      'A label is made of a-z, 0-9, dot, underscore and hyphen: untrusted',
    )
  const past = history === undefined ? { labels: [], history: [] } : await pastIn(history)
  return { ...past, labels: [...new Set([...given.data, ...past.labels])] }
}

async function pastIn(file: string): Promise<Past> {
  const read = readSource(await textIn(file), formatOf(file), Past)
  if (!isProblems(read)) return read.value
  throw new Failure(
    problemLines({ file, problems: read }).join('\n'),
    'Write `history` (and `labels`) as in a test of a policy, e.g. history: [{ tool: read_page, result: "…" }].',
  )
}
