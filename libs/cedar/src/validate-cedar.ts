import { formatPolicies, validate } from './cedar-wasm.ts'
import type { DetailedError } from '@cedar-policy/cedar-wasm/nodejs'
import { offsetOfByte, placeOf } from './text/place.ts'
import type { CedarFault } from './text/place.ts'
import { excessOf } from './text/statements.ts'

/** What Cedar's validator says; a warning is no reason not to publish. */
export type CedarFinding = CedarFault & { readonly severity: 'error' | 'warning' }

/**
 * Cedar's own strict validation of policies against a schema, e.g. that of `schemaOf`: unknown entities, actions and attributes, types
 * that do not go together, attributes that may be missing, policies that can never apply.
 */
export function validateCedar(text: string, schema: string, file: string): readonly CedarFinding[] {
  const excess = excessOf(text)
  if (excess !== null)
    return [{ ...placeOf(file, text, excess.offset), reason: excess.reason, severity: 'error' }]
  const answer = validate({ schema, policies: { staticPolicies: text } })
  const finding = (severity: CedarFinding['severity']) => (error: DetailedError) => ({
    ...faultOf(file, text, error),
    severity,
  })
  if (answer.type === 'failure') return answer.errors.map(finding('error'))
  const { validationErrors, validationWarnings, otherWarnings } = answer
  return [
    ...validationErrors.map(({ error }) => finding('error')(error)),
    ...[...validationWarnings.map(({ error }) => error), ...otherWarnings].map(finding('warning')),
  ]
}

/** Policies as Cedar's own formatter lays them out, comments kept; or why it cannot. */
export function formatCedar(
  text: string,
  file: string,
): { readonly text: string } | { readonly faults: readonly CedarFault[] } {
  const excess = excessOf(text)
  if (excess !== null) return { faults: [{ ...placeOf(file, text, excess.offset), reason: excess.reason }] }
  const answer = formatPolicies({ policyText: text, lineWidth: 100, indentWidth: 2 })
  return answer.type === 'success'
    ? { text: answer.formatted_policy }
    : { faults: answer.errors.map((error) => faultOf(file, text, error)) }
}

function faultOf(file: string, text: string, { message, help, sourceLocations }: DetailedError): CedarFault {
  const place = placeOf(file, text, offsetOfByte(text, sourceLocations?.[0]?.start ?? 0))
  return { ...place, reason: help === null ? message : `${message} (${help})` }
}
