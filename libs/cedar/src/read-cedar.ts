import { policyToJson } from './cedar-wasm.ts'
import { PolicyDocument } from '@writ/contracts'
import type { PolicyMode, Rule } from '@writ/contracts'
import { headingOf, ruleOf, strangersIn } from './annotations.ts'
import { formOf } from './lower/form.ts'
import { lowerPolicy } from './lower/policy.ts'
import type { PolicyForm } from './lower/policy.ts'
import { locate } from './text/locate.ts'
import { offsetOfByte, placeOf } from './text/place.ts'
import type { CedarFault, Place } from './text/place.ts'
import { excessOf, statementsOf } from './text/statements.ts'
import type { Statement } from './text/statements.ts'

/** What a file of Cedar policies comes to: a document, or everything that stands against it. */
export type CedarReading =
  | {
      readonly document: PolicyDocument
      /** where each rule stands in the file */
      readonly places: Readonly<Record<string, Place>>
      /** annotations that say nothing here */
      readonly notes: readonly CedarFault[]
    }
  | { readonly faults: readonly CedarFault[] }

export type ReadOptions = { readonly mode?: PolicyMode; readonly title?: string }

/**
 * Reads Cedar policies as rules. Whatever is taken means exactly what it means in Cedar, over the requests of `questionToCedar`, except
 * that a rule at fault denies where Cedar skips the policy; whatever has no exact form is refused with its place.
 */
export function readCedar(text: string, file: string, options: ReadOptions = {}): CedarReading {
  const excess = excessOf(text)
  if (excess !== null) return { faults: [{ ...placeOf(file, text, excess.offset), reason: excess.reason }] }
  const policies = statementsOf(text).map((statement, at) => readStatement(statement, at + 1))
  const faults = [...policies.flatMap((policy) => policy.faults), ...repeated(policies)]
  const placed = faults.map(({ offset, reason }) => ({ ...placeOf(file, text, offset), reason }))
  if (placed.length > 0) return { faults: placed }
  const rules = policies.flatMap(({ rule }) => (rule === null ? [] : [rule]))
  const document = PolicyDocument.safeParse({ writ: 1, ...options, rules })
  if (!document.success) return { faults: [{ ...placeOf(file, text, 0), reason: FEW_AND_MANY }] }
  return {
    document: document.data,
    places: Object.fromEntries(policies.map(({ rule, start }) => [rule?.id, placeOf(file, text, start)])),
    notes: policies.flatMap(({ notes, start }) =>
      notes.map((reason) => ({ ...placeOf(file, text, start), reason })),
    ),
  }
}

const FEW_AND_MANY = 'a file has between 1 and 100 policies'

type Offset = { readonly offset: number; readonly reason: string }
type Read = {
  readonly start: number
  readonly rule: Rule | null
  readonly faults: readonly Offset[]
  readonly notes: readonly string[]
}

function readStatement(statement: Statement, ordinal: number): Read {
  const parsed = parse(statement)
  if ('faults' in parsed) return refused(statement, parsed.faults)
  const heading = headingOf(parsed.form, ordinal)
  const { when, refused: unsayable } = lowerPolicy(parsed.form)
  const bodies = parsed.form.conditions.map(({ body }) => body)
  const faults = unsayable.map(({ expression, reason }) => ({
    offset: locate(statement, bodies, expression),
    reason,
  }))
  if (typeof heading === 'string')
    return refused(statement, [{ offset: statement.start, reason: heading }, ...faults])
  if (faults.length > 0) return refused(statement, faults)
  const rule = ruleOf(heading, when)
  if (typeof rule === 'string') return refused(statement, [{ offset: statement.start, reason: rule }])
  const notes = strangersIn(parsed.form.annotations).map((name) => `@${name} says nothing here`)
  return { start: statement.start, rule, faults: [], notes }
}

const refused = ({ start }: Statement, faults: readonly Offset[]): Read => ({
  start,
  rule: null,
  faults,
  notes: [],
})

function parse({ text, start }: Statement): { form: PolicyForm } | { faults: Offset[] } {
  const answer = policyToJson(text)
  if (answer.type === 'success') return { form: formOf(answer.json) }
  const faults = answer.errors.map(({ message, sourceLocations }) => ({
    offset: start + offsetOfByte(text, sourceLocations?.[0]?.start ?? 0),
    reason: message.replace(/^failed to parse policy from string: /, ''),
  }))
  return { faults }
}

function repeated(policies: readonly Read[]): readonly Offset[] {
  const seen = new Set<string>()
  return policies.flatMap(({ rule, start }) => {
    if (rule === null || !seen.has(rule.id)) {
      if (rule !== null) seen.add(rule.id)
      return []
    }
    return [{ offset: start, reason: `two policies have the id ${rule.id}` }]
  })
}
