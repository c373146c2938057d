import { byConnection } from '@writ/policy/authoring'
import type { CatalogueTool, LintFinding } from '@writ/policy/authoring'
import { schemaOf } from './schema-of.ts'
import type { CedarFault } from './text/place.ts'
import { validateCedar } from './validate-cedar.ts'

/** A remark on Cedar text, in the form of lint's others; `path` is empty, since line and column say where. */
export type CedarRemark = Omit<LintFinding, 'code'> & { readonly code: 'cedar-schema' | 'cedar-note' }

/** Cedar that was read as rules, with the annotations that say nothing here. */
export type CedarSource = { readonly text: string; readonly notes: readonly CedarFault[] }

/**
 * What lint says of Cedar beside what it says of the rules: annotations that do nothing, and what Cedar's own validator finds against the
 * schema of the tools of a catalogue; nothing of the latter before the first tool is known.
 */
export function lintCedar(
  { text, notes }: CedarSource,
  catalogue: readonly CatalogueTool[],
): readonly CedarRemark[] {
  const unread = notes.map(({ reason, ...place }) =>
    remark('note', 'cedar-note', {
      ...place,
      reason: `${reason}; @id, @effect, @reason, @modify, @on and @label do`,
    }),
  )
  if (catalogue.length === 0) return unread
  const findings = validateCedar(text, schemaOf(byConnection(catalogue)), 'cedar')
  return [
    ...unread,
    ...findings.map((finding) =>
      remark(finding.severity, 'cedar-schema', { ...finding, reason: finding.reason.replace(ORDINAL, '') }),
    ),
  ]
}

/** Cedar counts the policies of a text; line and column say more. */
const ORDINAL = /^for policy `policy\d+`, /

const remark = (
  level: CedarRemark['level'],
  code: CedarRemark['code'],
  { reason, line, column }: CedarFault,
): CedarRemark => ({ level, code, rule: null, path: '', message: reason, line, column })
