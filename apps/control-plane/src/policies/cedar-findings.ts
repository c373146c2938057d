import { schemaOf, validateCedar } from '@writ/cedar'
import { byConnection } from '@writ/policy/authoring'
import type { CatalogueTool, LintFinding } from '@writ/policy/authoring'

type CedarFinding = Omit<LintFinding, 'code'> & { readonly code: 'cedar-schema' }

/** What Cedar's own validator says of a text beside the tools that the tenant has; nothing before the first tool was seen. */
export function cedarFindings(
  cedar: string | null,
  catalogue: readonly CatalogueTool[],
): readonly CedarFinding[] {
  if (cedar === null || catalogue.length === 0) return []
  return validateCedar(cedar, schemaOf(byConnection(catalogue)), 'cedar').map(
    ({ severity, reason, line, column }) => ({
      level: severity,
      code: 'cedar-schema',
      rule: null,
      path: 'cedar',
      message: reason.replace(ORDINAL, ''),
      line,
      column,
    }),
  )
}

/** Cedar counts the policies of a text; line and column say more. */
const ORDINAL = /^for policy `policy\d+`, /
