import { schemaOf, validateCedar } from '@writ/cedar'
import type { PolicyLintAnswer } from '@writ/contracts'
import { byConnection } from '@writ/policy/authoring'
import type { CatalogueTool } from '@writ/policy/authoring'
import type { z } from 'zod'
import type { PolicyFile } from './policy-file.ts'

type Finding = z.infer<typeof PolicyLintAnswer>['findings'][number]

/** What Cedar's own validator says of a file beside the tools of a catalogue; nothing where no tool is known. */
export function cedarFindings(
  { file, cedar }: PolicyFile,
  catalogue: readonly CatalogueTool[],
): readonly Finding[] {
  if (cedar === null || catalogue.length === 0) return []
  return validateCedar(cedar, schemaOf(byConnection(catalogue)), file).map(
    ({ severity, reason, line, column }) => ({
      level: severity,
      code: 'cedar-schema',
      rule: null,
      path: '',
      message: reason.replace(ORDINAL, ''),
      line,
      column,
    }),
  )
}

/** Cedar counts the policies of a text; line and column say more. */
const ORDINAL = /^for policy `policy\d+`, /
