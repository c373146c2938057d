import type { PolicyDocument } from '@writ/contracts'
import { parseDocument, stringify } from 'yaml'
import type { PolicyFormat, PolicyProblem } from './read-policy.ts'
import { isProblems, readPolicy } from './read-policy.ts'

/** A document as a text that `readPolicy` reads back to the same document. */
export const writePolicy = (document: PolicyDocument, format: PolicyFormat): string =>
  format === 'json' ? `${JSON.stringify(document, null, 2)}\n` : stringify(document, LAYOUT)

/** The same policy in one layout. Comments of YAML stay; what was left out of the text is not written into it. */
export function formatPolicy(text: string, format: PolicyFormat): string | readonly PolicyProblem[] {
  const read = readPolicy(text, { format })
  if (isProblems(read)) return read
  if (format === 'json') return `${JSON.stringify(JSON.parse(text), null, 2)}\n`
  return parseDocument(text, { version: '1.2', schema: 'core', merge: false }).toString(LAYOUT)
}

const LAYOUT = { indent: 2, lineWidth: 110, flowCollectionPadding: true } as const
