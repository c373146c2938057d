import { schemaOf, validateCedar } from '@writ/cedar'
import type { CatalogueTool, LintFinding } from '@writ/policy/authoring'

type CedarFinding = Omit<LintFinding, 'code'> & { readonly code: 'cedar-schema' }

/** What Cedar's own validator says of a text beside the tools that the tenant has; nothing before the first tool was seen. */
export function cedarFindings(
  cedar: string | null,
  catalogue: readonly CatalogueTool[],
): readonly CedarFinding[] {
  if (cedar === null || catalogue.length === 0) return []
  return validateCedar(cedar, schemaOf(byConnection(catalogue)), 'cedar').map(({ reason, line, column }) => ({
    level: 'warning',
    code: 'cedar-schema',
    rule: null,
    path: 'cedar',
    message: reason,
    line,
    column,
  }))
}

const byConnection = (catalogue: readonly CatalogueTool[]) =>
  [...new Set(catalogue.map(({ connection }) => connection))].map((connection) => ({
    connection,
    tools: catalogue
      .filter((tool) => tool.connection === connection)
      .map(({ tool: name, class: actionClass, inputSchema = null }) => ({
        name,
        class: actionClass,
        inputSchema,
      })),
  }))
