import type { NewPolicy, PolicyDocument, Problem } from '@writ/contracts'
import { readCedar } from '@writ/cedar'
import type { CedarReading, CedarSource } from '@writ/cedar'
import { placeOf } from '@writ/policy/authoring'
import type { Steps } from '@writ/policy/authoring'
import { badRequest } from '../http/problem.ts'
import type { PolicyBody } from './policy-body.ts'

/** What a request says that a policy is to be. */
export type PolicySource = Pick<NewPolicy, 'document' | 'cedar' | 'mode' | 'tests'>

export type PolicyError = NonNullable<Problem['errors']>[number]

/** A policy that is not stored yet. */
export type PolicyDraft = {
  readonly document: PolicyDocument
  /** the text that it was made from, where that was Cedar */
  readonly cedar: string | null
  /** what the Cedar text has that says nothing here */
  readonly notes: CedarSource['notes']
  /** an error at a place of the document, told in the words of what was sent */
  readonly errorAt: (steps: Steps, message: string) => PolicyError
}

/** @throws 400 with line and column for Cedar that cannot be read as rules */
export function draftOf({ asked, spotOf }: PolicyBody<PolicySource>): PolicyDraft {
  const { document, cedar, tests } = asked
  if (cedar !== undefined) return cedarDraft(cedar, { asked, spotOf })
  if (!document) throw new Error('a source has a document or a Cedar text')
  const errorAt: PolicyDraft['errorAt'] = (steps, message) => {
    const { prefix, ...position } = spotOf(steps)
    return { path: placeOf([...prefix, ...steps]), message, ...position }
  }
  return { document: tests ? { ...document, tests } : document, cedar: null, notes: [], errorAt }
}

function cedarDraft(cedar: string, { asked: { mode, tests } }: PolicyBody<PolicySource>): PolicyDraft {
  const read = readCedar(cedar, 'cedar', mode && { mode })
  if ('faults' in read)
    throw badRequest(
      'the Cedar text cannot be read as rules',
      read.faults.map(({ line, column, reason }) => ({ path: 'cedar', message: reason, line, column })),
    )
  const document = tests ? { ...read.document, tests } : read.document
  return { document, cedar, notes: read.notes, errorAt: cedarErrors(document, read.places) }
}

type Places = Extract<CedarReading, { readonly document: unknown }>['places']

/** Rules stand in the Cedar text; tests stand beside it. */
const cedarErrors =
  (document: PolicyDocument, places: Places): PolicyDraft['errorAt'] =>
  (steps, message) => {
    const [root, at] = steps
    const place = root === 'rules' ? places[document.rules[Number(at)]?.id ?? ''] : undefined
    if (root === 'tests' || !place) return { path: root === 'tests' ? placeOf(steps) : 'cedar', message }
    return { path: 'cedar', message, line: place.line, column: place.column }
  }
